// A text and the samples in it. In plain text the samples are the lines that are not blank and need not be written down; a record of a
// JSON lines file or a table may hold line ends and is still one sample, so there it is kept where each begins and ends.
namespace GruLM.Corpus;

/// <summary>Where a sample stands in a text: bytes from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
internal readonly record struct SampleRange(int Start, int End);

/// <summary>UTF-8 text, with its samples where they are not simply its lines.</summary>
public readonly struct CorpusText
{
    // Counted from the start of the corpus this is a part of, which is _origin bytes before the start of this; null: the samples are the lines.
    private readonly SampleRange[]? _ranges;
    private readonly int _origin;

    /// <summary>Plain text, whose samples are its lines.</summary>
    public CorpusText(ReadOnlyMemory<byte> utf8)
        : this(utf8, null, 0)
    {
    }

    internal CorpusText(ReadOnlyMemory<byte> utf8, SampleRange[]? ranges, int origin) => (Utf8, _ranges, _origin) = (utf8, ranges, origin);

    /// <summary>The whole text.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>Bytes of the whole text.</summary>
    public int Length => Utf8.Length;

    /// <summary>Whether there is no text.</summary>
    public bool IsEmpty => Utf8.IsEmpty;

    /// <summary>Plain text.</summary>
    public static implicit operator CorpusText(ReadOnlyMemory<byte> utf8) => new(utf8);

    /// <summary>Plain text.</summary>
    public static implicit operator CorpusText(byte[] utf8) => new(utf8);

    /// <summary>The samples that hold more than white space.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Samples()
    {
        if (_ranges is null)
        {
            foreach (var line in TextSplit.NonBlankLines(Utf8))
            {
                yield return line;
            }
            yield break;
        }
        foreach (var range in OwnRanges())
        {
            var sample = Utf8[range.Start..range.End];
            if (!TextSplit.IsBlank(sample.Span))
            {
                yield return sample;
            }
        }
    }

    /// <summary>Cuts so that the first part has ⌊n · (1 − fraction)⌋ of the n characters (code points).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not from 0 up to, but not including, 1.</exception>
    public (CorpusText Training, CorpusText HeldOut) SplitByCharacters(double fraction) => CutAt(TextSplit.ByCharacters(Utf8, fraction).Training.Length);

    /// <summary>Cuts at the start of a sample so that the first part has ⌊n · (1 − fraction)⌋ of the n samples.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not from 0 up to, but not including, 1.</exception>
    public (CorpusText Training, CorpusText HeldOut) SplitBySamples(double fraction)
    {
        if (_ranges is null)
        {
            return CutAt(TextSplit.ByLines(Utf8, fraction).Training.Length);
        }
        var text = Utf8;
        var starts = OwnRanges().Where(range => !TextSplit.IsBlank(text.Span[range.Start..range.End])).Select(range => range.Start).ToList();
        var keep = (int)TextSplit.Keep(starts.Count, fraction);
        return CutAt(keep < starts.Count ? starts[keep] : Length);
    }

    /// <summary>The bytes of each sample, in order, where samples are not lines; else nothing. It tells texts apart that have the same bytes.</summary>
    public IEnumerable<int> SampleLengths() => _ranges is null ? [] : OwnRanges().Select(range => range.End - range.Start);

    private (CorpusText First, CorpusText Second) CutAt(int position) =>
        (new CorpusText(Utf8[..position], _ranges, _origin), new CorpusText(Utf8[position..], _ranges, _origin + position));

    // The ranges that lie in this part, a range that was cut as far as it does.
    private IEnumerable<SampleRange> OwnRanges()
    {
        var (origin, length) = (_origin, Length);
        return _ranges!.Select(range => new SampleRange(Math.Clamp(range.Start - origin, 0, length), Math.Clamp(range.End - origin, 0, length))).Where(range => range.End > range.Start);
    }
}
