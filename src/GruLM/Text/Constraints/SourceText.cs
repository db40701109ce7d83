// The text of a regular expression or a grammar, character by character, with the place that messages name.

using System.Globalization;
using System.Text;

namespace GruLM;

/// <summary>A text that is being read. Characters are Unicode's; −1 stands behind the last.</summary>
internal sealed class SourceText(string text)
{
    private readonly int[] _characters = [.. text.EnumerateRunes().Select(rune => rune.Value)];

    /// <summary>How many characters have been read.</summary>
    public int Place { get; set; }

    /// <summary>The next character.</summary>
    public int Next => Ahead(0);

    /// <summary>The line that the next character stands in, counted from 1.</summary>
    public int Line => 1 + _characters.AsSpan(0, Math.Min(Place, _characters.Length)).Count('\n');

    /// <summary>A character further on.</summary>
    public int Ahead(int by) => Place + by < _characters.Length ? _characters[Place + by] : -1;

    /// <summary>Reads the next character.</summary>
    public int Take()
    {
        int next = Next;
        if (next >= 0) Place++;
        return next;
    }

    /// <summary>Reads the next characters if they are these.</summary>
    public bool TryTake(string expected)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (Ahead(i) != expected[i]) return false;
        }

        Place += expected.Length;
        return true;
    }

    /// <summary>Reads a number of decimal digits; −1 where there is none, and the most where it is larger.</summary>
    public int TakeNumber(int most)
    {
        if (Next is < '0' or > '9') return -1;
        long number = 0;
        while (Next is >= '0' and <= '9') number = Math.Min((number * 10) + Take() - '0', most);
        return (int)number;
    }

    /// <summary>Reads a character in so many hexadecimal digits; −1 where they are none, or no character.</summary>
    public int TakeHex(int digits)
    {
        string hex = Since(Place, digits);
        if (hex.Length != digits || !hex.All(char.IsAsciiHexDigit)) return -1;
        long value = long.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (value > int.MaxValue || !Rune.IsValid((int)value)) return -1;
        Place += digits;
        return (int)value;
    }

    /// <summary>The text from a place on, as messages show it.</summary>
    public string Since(int place, int length) =>
        string.Concat(_characters.Skip(place).Take(length).Select(character => new Rune(character).ToString()));
}
