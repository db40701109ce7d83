// The tokens of a training text: in memory while it is short, else in files that are made once and mapped (TokenFile.cs), so that training
// takes the same memory whatever the text's size.

using System.Globalization;
using System.Text;
using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Encodes training texts, into files where a path is given. Files that are there and were made of the same text by the same
/// tokenizer are used as they are. What is disposable among the results holds files open.</summary>
internal static class EncodedText
{
    /// <summary>What is behind the name of a token file in that of the file with its lines' lengths.</summary>
    public const string LengthsEnding = ".lines";

    public static ITokens Stream(Tokenizer tokenizer, CorpusText text, string? path, int threads, Action<string>? phase,
        CancellationToken cancel)
    {
        // Parts of a megabyte.
        long all = text.Length >> 20;
        IEnumerable<IReadOnlyList<int>> parts = Watched(
            TokenizedText.StreamParts(tokenizer, text, threads), phase,
            (_, part) => all >= 64 && part < all && 10 * part / all > 10 * (part - 1L) / all ? $"{100 * part / all} %" : null, cancel);
        if (path is not null && BitConverter.IsLittleEndian)
        {
            (byte[]? madeBy, byte[]? madeOf) = Checksums(tokenizer, text, "stream");
            return TokenFile.Open(path, tokenizer.VocabSize, madeBy, madeOf) ?? Written(path, tokenizer.VocabSize, madeBy, madeOf, parts);
        }

        var ids = new List<int>((int)Math.Min(text.Length / 3, Array.MaxLength));
        foreach (IReadOnlyList<int>? part in parts) ids.AddRange(part);
        return new TokensInMemory(ids.ToArray());
    }

    public static ITokenLines Lines(Tokenizer tokenizer, CorpusText text, AnswerMask? mask, string? path, int threads,
        Action<string>? phase, CancellationToken cancel)
    {
        const long Every = 5_000_000;
        long lines = 0;
        IEnumerable<IReadOnlyList<int[]>> parts = Watched(
            TokenizedText.LineParts(tokenizer, text, threads, mask), phase,
            (part, _) => lines / Every < (lines += part.Count) / Every
            ? string.Create(CultureInfo.InvariantCulture, $"{lines:#,0} samples")
            : null, cancel);
        if (path is null || !BitConverter.IsLittleEndian) return new LinesInMemory([.. parts.SelectMany(part => part)]);

        (byte[]? madeBy, byte[]? madeOf) = Checksums(tokenizer, text, mask is null ? "lines" : "answers");
        var ids = TokenFile.Open(path, tokenizer.VocabSize, madeBy, madeOf);
        var lengths = TokenFile.Open(path + LengthsEnding, int.MaxValue, madeBy, madeOf);
        if (ids is null || lengths is null)
        {
            ids?.Dispose();
            lengths?.Dispose();

            // The lengths of all lines are known when their ids are written: four bytes a line meanwhile.
            var all = new List<int>();
            ids = Written(path, tokenizer.VocabSize, madeBy, madeOf, parts.Select(part =>
            {
                all.AddRange(part.Select(line => line.Length));
                return (IReadOnlyList<int>)[.. part.SelectMany(line => line)];
            }));
            lengths = Written(path + LengthsEnding, int.MaxValue, madeBy, madeOf, [all]);
        }

        try
        {
            return new LinesInFile(ids, lengths);
        }
        catch
        {
            ids.Dispose();
            lengths.Dispose();
            throw;
        }
    }

    private static TokenFile Written(string path, int vocabSize, byte[] madeBy, byte[] madeOf, IEnumerable<IReadOnlyList<int>> parts)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        TokenFile.Write(path, vocabSize, madeBy, madeOf, parts);
        return TokenFile.Open(path, vocabSize, madeBy, madeOf)
            ?? throw new IOException($"{path}: is not as it was just written; something else writes to it");
    }

    // Says now and then how far it is.
    private static IEnumerable<T> Watched<T>(IEnumerable<T> parts, Action<string>? phase, Func<T, int, string?> farther,
        CancellationToken cancel)
    {
        int index = 0;
        foreach (T? part in parts)
        {
            cancel.ThrowIfCancellationRequested();
            if (farther(part, ++index) is { } far) phase?.Invoke($"encoding the text: {far}");
            yield return part;
        }
    }

    private static (byte[] MadeBy, byte[] MadeOf) Checksums(Tokenizer tokenizer, CorpusText text, string samples) =>
        (Sha256.HashData(tokenizer.Model.ToBytes()), Sha256.HashData([.. text.Checksum().Span, .. Encoding.UTF8.GetBytes(samples)]));
}
