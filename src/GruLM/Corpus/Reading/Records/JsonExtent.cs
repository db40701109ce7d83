// Where a JSON object or list ends in a text that comes in portions: brackets are counted, those in strings are not. Whether it is valid
// otherwise, its parser tells.

using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Looks for the end of an object or a list, portion by portion.</summary>
internal struct JsonExtent
{
    private static readonly SearchValues<byte> s_outside = SearchValues.Create("\"{}[]"u8);

    private int _depth;
    private bool _isInString;

    // Whether the last portion ended between a backslash and what it escapes.
    private bool _escapes;

    /// <summary>Whether the end was found.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The first place from <paramref name="at"/> on that is no white space.</summary>
    public static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        int length = text[at..].IndexOfAnyExcept(" \t\n\r"u8);
        return length < 0 ? text.Length : at + length;
    }

    /// <summary>Goes through the next portion, which begins with the bracket the first time, and returns how much of it belongs to the
    /// object or list.</summary>
    public int Scan(ReadOnlySpan<byte> portion)
    {
        int at = 0;
        if (_escapes && portion.Length > 0) (at, _escapes) = (1, false);
        while (at < portion.Length && !IsWhole)
        {
            ReadOnlySpan<byte> rest = portion[at..];
            int next = _isInString ? rest.IndexOfAny((byte)'"', (byte)'\\') : rest.IndexOfAny(s_outside);
            if (next < 0) return portion.Length;
            at += next + 1;
            switch (rest[next])
            {
                case (byte)'"':
                    _isInString = !_isInString;
                    break;
                case (byte)'\\':
                    _escapes = at == portion.Length;
                    at = Math.Min(at + 1, portion.Length);
                    break;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    break;
                default:
                    IsWhole = --_depth <= 0;
                    break;
            }
        }

        return at;
    }
}
