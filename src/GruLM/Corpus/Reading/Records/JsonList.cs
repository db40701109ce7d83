// The objects of a JSON list that is read in portions, so that a list of any length takes the memory of its longest object.

namespace GruLM.Corpus;

/// <summary>Reads a list of objects; <paramref name="file"/> is its name in messages, which <paramref name="advice"/> ends.</summary>
internal sealed class JsonList(string file, string advice)
{
    // What was read: up to _at it has been looked at, from _start on it is the object being looked for, if any.
    private byte[] _buffer = new byte[1 << 16];
    private int _held;
    private int _at;
    private int _start = -1;
    private JsonExtent _extent;
    private Expected _next = Expected.Open;

    // Where in the text _at, or the object that begins at _start, stands.
    private long _line = 1;
    private int _column;

    private enum Expected
    {
        Open,
        FirstOrEnd,
        Object,
        CommaOrEnd,
        Nothing,
    }

    /// <summary>The objects, each valid until the next.</summary>
    public IEnumerable<JsonValue> Read(CleanedText text)
    {
        do
        {
            while (FindObject())
            {
                yield return new JsonValue(_buffer.AsMemory(_start, _at - _start), _line, _column);
                Pass(_start, _at);
                (_start, _next) = (-1, Expected.CommaOrEnd);
            }
        }
        while (ReadMore(text));
        if (_next != Expected.Nothing)
        {
            throw new InvalidDataException($"{file}: the list of records has no end: the text is cut short in line {_line}{advice}");
        }
    }

    // Whether a whole object was found in what is held.
    private bool FindObject()
    {
        while (true)
        {
            if (_start >= 0)
            {
                _at += _extent.Scan(_buffer.AsSpan(_at, _held - _at));
                return _extent.IsWhole;
            }

            int next = JsonExtent.SkipSpace(_buffer.AsSpan(0, _held), _at);
            Pass(_at, next);
            _at = next;
            if (_at == _held) return false;
            Step(_buffer[_at]);
        }
    }

    private void Step(byte b)
    {
        if (b == (byte)'{' && _next is (Expected.FirstOrEnd or Expected.Object))
        {
            (_start, _extent) = (_at, default);
            return;
        }

        _next = (_next, b) switch
        {
            (Expected.Open, (byte)'[') => Expected.FirstOrEnd,
            (Expected.FirstOrEnd or Expected.CommaOrEnd, (byte)']') => Expected.Nothing,
            (Expected.CommaOrEnd, (byte)',') => Expected.Object,
            _ => throw new InvalidDataException(
                $"{file}: line {_line} is no valid JSON (at byte {_column + 1} of the line); a list of objects was expected{advice}"),
        };
        Pass(_at, _at + 1);
        _at++;
    }

    private bool ReadMore(CleanedText text)
    {
        int keep = _start >= 0 ? _start : _at;
        _buffer.AsSpan(keep, _held - keep).CopyTo(_buffer);
        (_held, _at, _start) = (_held - keep, _at - keep, _start >= 0 ? 0 : -1);
        if (_held == _buffer.Length)
        {
            if (_held > Array.MaxLength / 2)
            {
                throw new InvalidDataException($"{file}: the record in line {_line} is longer than can be read{advice}");
            }

            Array.Resize(ref _buffer, 2 * _held);
        }

        int read = text.Read(_buffer.AsSpan(_held));
        _held += read;
        return read > 0;
    }

    // Counts the lines of what is done with.
    private void Pass(int from, int to)
    {
        ReadOnlySpan<byte> passed = _buffer.AsSpan(from, to - from);
        int lastEnd = passed.LastIndexOf((byte)'\n');
        _line += passed.Count((byte)'\n');
        _column = lastEnd < 0 ? _column + passed.Length : passed.Length - lastEnd - 1;
    }
}
