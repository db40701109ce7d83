// The tokens of a training text: in memory while it is short, else in files that are written once and mapped (TokenFile.cs), so that
// training takes the same memory whatever the text's size.

using System.Globalization;
using System.Text;
using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Encodes training texts, into files where a path is given. Files that are there and were made of the same text by the same
/// tokenizer are used as they are. A result that is disposable holds files open.</summary>
internal static class EncodedText
{
    /// <summary>What follows the name of a token file in the name of the file with its lines' lengths.</summary>
    public const string LengthsSuffix = ".lines";

    private const long SamplesBetweenReports = 5_000_000;

    // In parts of a megabyte: of a text with fewer parts nothing is reported.
    private const long LeastPartsToReport = 64;

    public static ITokens Stream(Tokenizer tokenizer, CorpusText text, string? path, EncodingWork work)
    {
        IEnumerable<IReadOnlyList<int>> parts = StreamParts(tokenizer, text, work);
        if (path is not null && BitConverter.IsLittleEndian)
        {
            Sources sources = SourcesOf(tokenizer, text, "stream");
            return Open(path, tokenizer.VocabSize, sources) ?? Write(path, tokenizer.VocabSize, sources, parts);
        }

        var ids = new List<int>((int)Math.Min(text.Length / 3, Array.MaxLength));
        foreach (IReadOnlyList<int> part in parts) ids.AddRange(part);
        return new TokensInMemory(ids.ToArray());
    }

    public static ITokenLines Lines(Tokenizer tokenizer, CorpusText text, LineFrame frame, string? path, EncodingWork work)
    {
        IEnumerable<IReadOnlyList<int[]>> parts = LineParts(tokenizer, text, frame, work);
        if (path is null || !BitConverter.IsLittleEndian) return new LinesInMemory([.. parts.SelectMany(part => part)]);

        Sources sources = SourcesOf(tokenizer, text, (frame.IsBare ? "bare " : "") + (frame.Mask is null ? "lines" : "answers"));
        TokenFile? ids = null, lengths = null;
        try
        {
            ids = Open(path, tokenizer.VocabSize, sources);
            lengths = Open(path + LengthsSuffix, int.MaxValue, sources);
            if (ids is null || lengths is null)
            {
                ids?.Dispose();
                lengths?.Dispose();

                // The lengths of all lines are known when their ids are written: four bytes a line meanwhile.
                var all = new List<int>();
                ids = Write(path, tokenizer.VocabSize, sources, parts.Select(part =>
                {
                    all.AddRange(part.Select(line => line.Length));
                    return (IReadOnlyList<int>)[.. part.SelectMany(line => line)];
                }));
                lengths = Write(path + LengthsSuffix, int.MaxValue, sources, [all]);
            }

            return new LinesInFile(ids, lengths);
        }
        catch
        {
            ids?.Dispose();
            lengths?.Dispose();
            throw;
        }
    }

    // Both report now and then how far they are, and end when they are cancelled.
    private static IEnumerable<IReadOnlyList<int>> StreamParts(Tokenizer tokenizer, CorpusText text, EncodingWork work)
    {
        long all = text.Length >> 20, done = 0;
        foreach (IReadOnlyList<int> part in TokenizedText.StreamParts(tokenizer, text, work.Threads))
        {
            work.Cancel.ThrowIfCancellationRequested();
            done++;
            if (all >= LeastPartsToReport && done < all && 10 * done / all > 10 * (done - 1) / all)
            {
                long percent = 100 * done / all;
                work.Phase?.Invoke($"encoding the text: {percent} %");
            }

            yield return part;
        }
    }

    private static IEnumerable<IReadOnlyList<int[]>> LineParts(Tokenizer tokenizer, CorpusText text, LineFrame frame, EncodingWork work)
    {
        long lines = 0;
        foreach (IReadOnlyList<int[]> part in TokenizedText.LineParts(
            tokenizer, text, work.Threads, frame.Mask, leastTokens: frame.IsBare ? 2 : 0))
        {
            work.Cancel.ThrowIfCancellationRequested();
            long before = lines;
            lines += part.Count;
            if (before / SamplesBetweenReports < lines / SamplesBetweenReports)
            {
                work.Phase?.Invoke(string.Create(CultureInfo.InvariantCulture, $"encoding the text: {lines:#,0} samples"));
            }

            yield return part;
        }
    }

    private static TokenFile? Open(string path, int vocabSize, Sources sources) =>
        TokenFile.Open(path, vocabSize, sources.Tokenizer, sources.Text);

    private static TokenFile Write(string path, int vocabSize, Sources sources, IEnumerable<IReadOnlyList<int>> parts)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        TokenFile.Write(path, vocabSize, sources.Tokenizer, sources.Text, parts);
        return Open(path, vocabSize, sources)
            ?? throw new IOException($"{path}: is not as it was just written; something else writes to it");
    }

    private static Sources SourcesOf(Tokenizer tokenizer, CorpusText text, string samples)
    {
        byte[] ofText = Sha256.HashData([.. text.Checksum().Span, .. Encoding.UTF8.GetBytes(samples)]);
        return new Sources(Sha256.HashData(tokenizer.Model.ToBytes()), ofText);
    }

    // The checksums of what a file's tokens were made of: the tokenizer, and the text with the kind of its samples.
    private sealed record Sources(byte[] Tokenizer, byte[] Text);
}
