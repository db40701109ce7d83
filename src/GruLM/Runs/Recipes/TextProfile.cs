// What a text is like, as far as the choice of a recipe depends on it: how long it is, whether its samples are short or exchanges, and
// whether it looks like a list rather than like running text. Of a long text, the beginning stands for the rest.

using System.Text;
using GruLM.Corpus;
using GruLM.Model;

namespace GruLM;

/// <summary>What a text is like. Immutable.</summary>
internal sealed record TextProfile
{
    // More of a text than this says no more of what it is like.
    private const int MostToLookAt = 4 << 20;

    // A list has at least so many lines, which are no longer than this on average, and few of which end as sentences or code do, begin
    // with white space, or are blank.
    private const int FewestLines = 50;
    private const double LongestLine = 48;
    private const double MostLinesThatEndSo = 0.2;
    private const double MostLinesThatBeginSo = 0.05;
    private const double MostBlankLines = 0.05;

    // Lines of logs are longer, and begin with a date or a time.
    private const double LongestLineOfLog = 400;
    private const double LeastLinesThatBeginWithDigits = 0.8;

    private static readonly byte[] s_ai = Encoding.UTF8.GetBytes(ChatTemplate.Default.Ai);

    /// <summary>UTF-8 bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Characters (code points).</summary>
    public required double Characters { get; init; }

    /// <summary>Characters that differ.</summary>
    public required int Alphabet { get; init; }

    /// <summary>How it is cut.</summary>
    public required SampleKind Samples { get; init; }

    /// <summary>Bytes that a sample has on average.</summary>
    public required double BytesOfSample { get; init; }

    /// <summary>Whether most samples are exchanges.</summary>
    public required bool IsTalk { get; init; }

    /// <summary>Whether it looks like a list of short lines: names, words, titles, a log.</summary>
    public required bool LooksLikeList { get; init; }

    /// <summary>Whether its samples are records, and not simply its lines.</summary>
    public bool HasRecords { get; init; }

    /// <summary>What would suit it better than one stream; null where nothing is known to.</summary>
    public string? Advice => this switch
    {
        { Samples: not SampleKind.Stream } => null,
        { LooksLikeList: true } =>
            "the text looks like a list of short lines; 'Samples = Lines' makes each a sample of its own",
        { IsTalk: true, HasRecords: true } =>
            "the records are questions and answers; 'Samples = Lines' with 'MaskPrompt' learns each as one of its own",
        _ => null,
    };

    /// <summary>Looks at a text that is to be cut so.</summary>
    public static TextProfile Of(CorpusText text, SampleKind kind)
    {
        int looked = (int)Math.Min(text.Length, MostToLookAt);
        ReadOnlyMemory<byte> beginning = text.Slice(0, looked);
        (long samples, long bytes, long talks) = (0, 0, 0);
        foreach (ReadOnlyMemory<byte> sample in text.Samples())
        {
            samples++;
            bytes += sample.Length;
            if (sample.Span.IndexOf(s_ai) >= 0) talks++;
            if (bytes > looked) break;
        }

        double share = looked == 0 ? 0 : (double)TextSplit.CountCharacters(beginning.Span) / looked;
        return new TextProfile
        {
            Bytes = text.Length,
            Characters = share * text.Length,
            Alphabet = AlphabetOf(beginning.Span),
            Samples = kind,
            BytesOfSample = (double)bytes / Math.Max(1, samples),
            IsTalk = 2 * talks > samples,
            HasRecords = text.HasOwnSamples,
            LooksLikeList = !text.HasOwnSamples && IsList(beginning.Span),
        };
    }

    private static int AlphabetOf(ReadOnlySpan<byte> text)
    {
        var seen = new HashSet<Rune>();
        while (Rune.DecodeFromUtf8(text, out Rune character, out int bytes) == System.Buffers.OperationStatus.Done)
        {
            seen.Add(character);
            text = text[bytes..];
        }

        return seen.Count;
    }

    private static bool IsList(ReadOnlySpan<byte> text)
    {
        int lines = 0, blank = 0, endSo = 0, beginSo = 0, beginWithDigits = 0;
        long bytes = 0;
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range];
            if (TextSplit.IsBlank(line))
            {
                blank++;
                continue;
            }

            lines++;
            bytes += line.Length;
            if (".,;:!?{}()>\"'-"u8.Contains(line[^1])) endSo++;
            if (line[0] is (byte)' ' or (byte)'\t' or (byte)'<' or (byte)'#') beginSo++;
            if (line[0] is (>= (byte)'0' and <= (byte)'9') or (byte)'[') beginWithDigits++;
        }

        if (lines < FewestLines || beginSo > MostLinesThatBeginSo * lines || blank > MostBlankLines * lines) return false;
        double length = (double)bytes / lines;
        bool isLog = beginWithDigits >= LeastLinesThatBeginWithDigits * lines && length <= LongestLineOfLog;
        return isLog || (endSo <= MostLinesThatEndSo * lines && length <= LongestLine);
    }
}
