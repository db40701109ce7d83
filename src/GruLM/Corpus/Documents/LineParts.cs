// The beginning of a line whose end has not been read yet. Its parts are put together once, so that a long line takes time in proportion to
// its length.

namespace GruLM.Corpus;

/// <summary>Collects a line.</summary>
internal sealed class LineParts
{
    private readonly List<ReadOnlyMemory<byte>> _parts = [];
    private long _length;

    /// <summary>Whether nothing of a line is there.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>Adds what comes next, in which the line does not end.</summary>
    /// <exception cref="InvalidDataException">The line is longer than any piece of memory.</exception>
    public void Add(ReadOnlyMemory<byte> part)
    {
        if (part.IsEmpty) return;
        _length += part.Length;
        if (_length > CorpusText.LongestLine)
        {
            throw new InvalidDataException("a line is longer than a gigabyte, which is too long for one document; cut it into lines");
        }

        _parts.Add(part);
    }

    /// <summary>The whole line with its last part; a new one begins.</summary>
    public ReadOnlyMemory<byte> End(ReadOnlyMemory<byte> last)
    {
        if (IsEmpty) return last;
        byte[] line = new byte[_length + last.Length];
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in _parts.Append(last))
        {
            part.CopyTo(line.AsMemory(at));
            at += part.Length;
        }

        _parts.Clear();
        _length = 0;
        return line;
    }
}
