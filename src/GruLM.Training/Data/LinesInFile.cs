// The tokens of line samples in two mapped files: the ids, and the lengths of the lines.

namespace GruLM.Training;

/// <summary>Lines in files: kept in memory is only where every sixty-fourth begins.</summary>
public sealed class LinesInFile : ITokenLines, IDisposable
{
    private const int Together = 64;

    private readonly ITokens _ids;
    private readonly ITokens _lengths;
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
        _starts = new long[(Count + Together - 1) / Together];
        long at = 0;
        Span<int> group = stackalloc int[Together];
        for (int i = 0; i < _starts.Length; i++)
        {
            _starts[i] = at;
            foreach (int length in Group(i, group)) at += length;
        }

        if (at != ids.Count)
        {
            throw new InvalidDataException(
                $"the files of tokens and of their lines' lengths do not belong together ({ids.Count} tokens, {at} in lines); delete both, and they are made again");
        }
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public int[] this[int line]
    {
        get
        {
            Span<int> before = Group(line / Together, stackalloc int[Together])[..(line % Together)];
            long start = _starts[line / Together];
            foreach (int length in before) start += length;
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

    private Span<int> Group(int group, Span<int> room)
    {
        int first = group * Together;
        room = room[..Math.Min(Together, Count - first)];
        _lengths.CopyTo(first, room);
        return room;
    }
}
