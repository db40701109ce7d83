// Which script a character belongs to, as piece boundaries need it: Unicode 9.0's Scripts property, which the reference froze, with kana
// folded into Han. The data is a checked-in resource made by the program in tools/UnicodeTables, so that no host's Unicode library
// matters.
// Source: Unicode 9.0 Scripts.txt.
using System.Globalization;

namespace GruLM.Tokenization;

/// <summary>Scripts of characters as small numbers.</summary>
internal static class ScriptTable
{
    /// <summary>Characters shared by scripts, and those Unicode 9.0 does not list.</summary>
    public const byte Common = 0;
    /// <summary>Characters that take the script of what stands before them.</summary>
    public const byte Inherited = 1;

    private static readonly Lazy<byte[]> s_table = new(Read);

    /// <summary>The script of a code point.</summary>
    public static byte Of(int codePoint)
    {
        byte[] table = s_table.Value;
        return (uint)codePoint < (uint)table.Length ? table[codePoint] : Common;
    }

    private static byte[] Read()
    {
        using Stream stream = typeof(ScriptTable).Assembly.GetManifestResourceStream("scripts-9.0.txt")
            ?? throw new InvalidOperationException("The script table is missing from the library.");
        using var reader = new StreamReader(stream);
        // The last listed character is U+E01EF.
        byte[] table = new byte[0xE01F0];
        var numbers = new Dictionary<string, byte>(StringComparer.Ordinal)
        {
            ["Inherited"] = Inherited,
            ["Han"] = 2,
            ["Hiragana"] = 2,
            ["Katakana"] = 2
        };
        while (reader.ReadLine() is { } line)
        {
            string[] parts = line.Split(' ');
            int first = int.Parse(parts[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            int last = int.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (!numbers.TryGetValue(parts[2], out byte number))
            {
                numbers[parts[2]] = number = (byte)(numbers.Count);
            }

            table.AsSpan(first, last - first + 1).Fill(number);
        }
        // The prolonged sound mark is Common in Unicode but always part of a kana word.
        table[0x30FC] = 2;
        return table;
    }
}
