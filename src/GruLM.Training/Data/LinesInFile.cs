// The tokens of line samples in two files that are mapped into memory (TokenFile.cs): the ids of all lines one after another, and the
// lengths of the lines. Where a line begins is the sum of the lengths before it; only the sums of whole groups of lines are kept, so that
// memory hardly grows with the text.

namespace GruLM.Training;

/// <summary>Lines in files. Several threads may read at a time.</summary>
public sealed class LinesInFile : ITokenLines, IDisposable
{
    private const int LinesAGroup = 64;

    private readonly ITokens _ids;
    private readonly ITokens _lengths;

    // Where the first line of each group begins.
    private readonly long[] _starts;

    /// <summary>Lines of these lengths, one after another in <paramref name="ids"/>. Throws <see cref="InvalidDataException"/> when the two
    /// do not belong together.</summary>
    public LinesInFile(ITokens ids, ITokens lengths)
    {
        (_ids, _lengths) = (ids, lengths);
        if (lengths.Count > Array.MaxLength)
        {
            throw new InvalidDataException($"{lengths.Count:#,0} lines are too many; {Array.MaxLength:#,0} can be shuffled");
        }

        Count = (int)lengths.Count;
        _starts = new long[(Count + LinesAGroup - 1) / LinesAGroup];
        long tokens = 0;
        Span<int> buffer = stackalloc int[LinesAGroup];
        for (int i = 0; i < _starts.Length; i++)
        {
            _starts[i] = tokens;
            foreach (int length in Lengths(i, buffer)) tokens += length;
        }

        if (tokens != ids.Count)
        {
            throw new InvalidDataException(
                $"the files of tokens and of their lines' lengths do not belong together ({ids.Count} tokens, {tokens} in lines); "
                + "delete both, and they are made again");
        }
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public int[] this[int line]
    {
        get
        {
            Span<int> lengths = Lengths(line / LinesAGroup, stackalloc int[LinesAGroup]);
            long start = _starts[line / LinesAGroup];
            foreach (int length in lengths[..(line % LinesAGroup)]) start += length;
            int[] tokens = new int[LengthOf(line)];
            _ids.CopyTo(start, tokens);
            return tokens;
        }
    }

    /// <inheritdoc/>
    public int LengthOf(int line)
    {
        int length = 0;
        _lengths.CopyTo(line, new Span<int>(ref length));
        return length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        (_ids as IDisposable)?.Dispose();
        (_lengths as IDisposable)?.Dispose();
    }

    // The lengths of a group's lines, in the buffer.
    private Span<int> Lengths(int group, Span<int> buffer)
    {
        int first = group * LinesAGroup;
        buffer = buffer[..Math.Min(LinesAGroup, Count - first)];
        _lengths.CopyTo(first, buffer);
        return buffer;
    }
}
