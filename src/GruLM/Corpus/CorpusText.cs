// A text and the samples in it. In plain text the samples are the lines that are not blank, found whenever they are asked for. A record of
// a JSON lines file or a table is one sample whatever line ends it holds, so that it is stored where each record begins and ends.

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using GruLM.Formats;

namespace GruLM.Corpus;

/// <summary>UTF-8 text of any length, with its samples where they are not simply its lines. A long text stays in its file, which is read
/// whenever a part of it is asked for; whatever reads it throws <see cref="IOException"/> when the file has become shorter. Safe for
/// several threads.</summary>
public readonly struct CorpusText
{
    // No line is longer.
    internal const int LongestLine = 1 << 30;

    // Lines and samples are read out of pieces of about so many bytes. What holds on to one sample holds on to its whole piece.
    private const int BlockBytes = 1 << 16;

    private readonly TextBytes? _bytes;

    // Where this text begins in _bytes, of which it may be a part.
    private readonly long _start;

    // The samples, counted from the start of _bytes; null where they are the lines.
    private readonly SampleRange[]? _ranges;

    // Shared by all copies of this value, so that a long text is read only once for it.
    private readonly StrongBox<byte[]?>? _checksum;

    /// <summary>Plain text, whose samples are its lines.</summary>
    public CorpusText(ReadOnlyMemory<byte> utf8)
        : this(new BytesInMemory(utf8))
    {
    }

    internal CorpusText(TextBytes bytes)
        : this(bytes, 0, bytes.Length, null)
    {
    }

    private CorpusText(TextBytes? bytes, long start, long length, SampleRange[]? ranges) =>
        (_bytes, _start, Length, _ranges, _checksum) = (bytes, start, length, ranges, new StrongBox<byte[]?>());

    /// <summary>The whole text in one piece, read anew at each call where it lies in a file.</summary>
    /// <exception cref="InvalidDataException">It is longer than any piece of memory, about two gigabytes.</exception>
    public ReadOnlyMemory<byte> Utf8
    {
        get
        {
            if (Length <= Array.MaxLength)
            {
                return Slice(0, (int)Length);
            }

            double gigabytes = Length / 1e9, most = Array.MaxLength / 1e9;
            throw new InvalidDataException(
                $"the text has {gigabytes:F1} GB, and what was asked for needs it in one piece of {most:F1} GB at most; give less text");
        }
    }

    /// <summary>Bytes of the whole text.</summary>
    public long Length { get; }

    /// <summary>Whether there is no text.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Plain text.</summary>
    public static implicit operator CorpusText(ReadOnlyMemory<byte> utf8) => new(utf8);

    /// <summary>Plain text.</summary>
    public static implicit operator CorpusText(byte[] utf8) => new(utf8);

    /// <summary>Some bytes of the text.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are not all in the text.</exception>
    public ReadOnlyMemory<byte> Slice(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
        return length == 0 ? default : _bytes!.Slice(_start + start, length);
    }

    /// <summary>The text in pieces of at most so many bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The pieces have no byte.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces(int bytes = 1 << 20)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        for (long at = 0; at < Length; at += bytes)
        {
            yield return Slice(at, (int)Math.Min(bytes, Length - at));
        }
    }

    /// <summary>The text in pieces that end with a line end, but for the last, and are about so long where lines are shorter.</summary>
    /// <exception cref="InvalidDataException">A line is longer than a gigabyte.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The pieces have no byte.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> PiecesOfLines(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        for (long at = 0; at < Length;)
        {
            long end = at + bytes < Length ? Math.Min(LineEnd(at + bytes - 1) + 1, Length) : Length;
            yield return Slice(at, checked((int)(end - at)));
            at = end;
        }
    }

    /// <summary>The samples that hold more than white space.</summary>
    /// <exception cref="InvalidDataException">A line is longer than a gigabyte.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Samples() => SamplesAndPlaces().Select(sample => sample.Bytes);

    /// <summary>Cuts so that the first part has ⌊n · (1 − fraction)⌋ of the n characters (code points).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not from 0 up to, but not including, 1.</exception>
    public (CorpusText Training, CorpusText HeldOut) SplitByCharacters(double fraction)
    {
        long keep = TextSplit.Keep(Pieces().Sum(piece => TextSplit.CountCharacters(piece.Span)), fraction);
        long cut = 0;
        foreach (ReadOnlyMemory<byte> piece in Pieces())
        {
            long characters = TextSplit.CountCharacters(piece.Span);
            if (characters > keep)
            {
                return CutAt(cut + TextSplit.BytesOf(piece.Span, keep));
            }

            keep -= characters;
            cut += piece.Length;
        }

        return CutAt(cut);
    }

    /// <summary>Cuts at the start of a sample so that the first part has ⌊n · (1 − fraction)⌋ of the n samples.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not from 0 up to, but not including, 1.</exception>
    public (CorpusText Training, CorpusText HeldOut) SplitBySamples(double fraction)
    {
        long keep = TextSplit.Keep(SamplesAndPlaces().LongCount(), fraction);
        foreach ((SampleRange sample, _) in SamplesAndPlaces())
        {
            if (keep-- == 0)
            {
                return CutAt(sample.Start);
            }
        }

        return CutAt(Length);
    }

    /// <summary>Cuts so that the second part has about the fraction of the samples, drawn from all over the text by
    /// <paramref name="seed"/>: the same ones for the same text everywhere, and samples that are the same are all in one part. Both
    /// parts are copies, which lie in temporary files where they are long.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not from 0 up to, but not including, 1.</exception>
    /// <exception cref="IOException">There is no room for the temporary files.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public (CorpusText Training, CorpusText HeldOut) DrawSamples(double fraction, ulong seed, CancellationToken cancel = default) =>
        DrawnSamples.Split(this, new SampleDraw(fraction, seed), cancel);

    /// <summary>SHA-256 of the bytes and, where samples are not lines, of how long each is (int32, little-endian): it tells texts apart
    /// that have the same bytes.</summary>
    public ReadOnlyMemory<byte> Checksum() => _checksum is null ? ComputeChecksum() : _checksum.Value ??= ComputeChecksum();

    /// <summary>Whether samples are not simply the lines.</summary>
    internal bool HasOwnSamples => _ranges is not null;

    /// <summary>The bytes of each sample, in order, where samples are not lines; else nothing.</summary>
    internal IEnumerable<int> SampleLengths() => _ranges is null ? [] : OwnRanges().Select(range => (int)(range.End - range.Start));

    /// <summary>The same text with other samples.</summary>
    internal CorpusText WithSamples(SampleRange[] ranges) => new(_bytes, _start, Length, ranges);

    /// <summary>The lines of a part, without their line ends.</summary>
    /// <exception cref="InvalidDataException">A line is longer than a gigabyte.</exception>
    internal IEnumerable<SampleRange> LinesIn(SampleRange part)
    {
        long start = part.Start;
        for (long at = part.Start; at < part.End; at += BlockBytes)
        {
            ReadOnlyMemory<byte> block = Slice(at, (int)Math.Min(BlockBytes, part.End - at));
            for (int length, from = 0; (length = block.Span[from..].IndexOf((byte)'\n')) >= 0; from += length + 1)
            {
                long end = at + from + length;
                yield return new SampleRange(start, end);
                start = end + 1;
            }

            if (at + block.Length - start > LongestLine)
            {
                throw TooLong(start);
            }
        }

        if (start < part.End)
        {
            yield return new SampleRange(start, part.End);
        }
    }

    /// <summary>The samples that hold more than white space, with where they stand. As many as stand in a block are read at a
    /// time.</summary>
    internal IEnumerable<(SampleRange Range, ReadOnlyMemory<byte> Bytes)> SamplesAndPlaces()
    {
        var together = new List<SampleRange>();
        foreach (SampleRange range in _ranges is null ? LinesIn(new SampleRange(0, Length)) : OwnRanges())
        {
            if (together.Count > 0 && range.End - together[0].Start > BlockBytes)
            {
                foreach ((SampleRange, ReadOnlyMemory<byte>) sample in NonBlank(together))
                {
                    yield return sample;
                }

                together.Clear();
            }

            together.Add(range);
        }

        foreach ((SampleRange, ReadOnlyMemory<byte>) sample in NonBlank(together))
        {
            yield return sample;
        }
    }

    private IEnumerable<(SampleRange Range, ReadOnlyMemory<byte> Bytes)> NonBlank(List<SampleRange> together)
    {
        if (together.Count == 0)
        {
            yield break;
        }

        long start = together[0].Start;
        ReadOnlyMemory<byte> block = Slice(start, checked((int)(together[^1].End - start)));
        foreach (SampleRange range in together)
        {
            ReadOnlyMemory<byte> sample = block[(int)(range.Start - start)..(int)(range.End - start)];
            if (!TextSplit.IsBlank(sample.Span))
            {
                yield return (range, sample);
            }
        }
    }

    // The first line end from a place on, or the end of the text.
    private long LineEnd(long from)
    {
        long most = Math.Min(LongestLine, Length - from), end = _bytes!.LineEnd(_start + from, _start + from + most);
        if (end >= 0)
        {
            return end - _start;
        }

        return from + most == Length ? Length : throw TooLong(from);
    }

    private InvalidDataException TooLong(long from)
    {
        long place = _start + from;
        return new InvalidDataException($"the line that goes on at byte {place} is longer than a gigabyte; cut it into lines");
    }

    private byte[] ComputeChecksum()
    {
        var hash = new Sha256();
        foreach (ReadOnlyMemory<byte> piece in Pieces())
        {
            hash.Append(piece.Span);
        }

        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (int bytes in SampleLengths())
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes);
            hash.Append(length);
        }

        return hash.Finish();
    }

    private (CorpusText First, CorpusText Second) CutAt(long position) =>
        (new CorpusText(_bytes, _start, position, _ranges), new CorpusText(_bytes, _start + position, Length - position, _ranges));

    // The samples that lie in this part, counted from its start. Of a sample that was cut in two, the half that lies here.
    private IEnumerable<SampleRange> OwnRanges()
    {
        (long start, long length) = (_start, Length);
        return _ranges!
            .Select(range => new SampleRange(Math.Clamp(range.Start - start, 0, length), Math.Clamp(range.End - start, 0, length)))
            .Where(range => range.End > range.Start);
    }
}
