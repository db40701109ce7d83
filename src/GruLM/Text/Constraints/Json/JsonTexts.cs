// JSON text as constrained output has it: no white space, and every character of a string in one way only.

using System.Globalization;
using System.Text;
using System.Text.Json;
using GruLM.Generation;

namespace GruLM;

/// <summary>The texts of JSON values.</summary>
internal static class JsonTexts
{
    // The characters with an escape of their own, and the letters of these.
    private const string Escaped = "\"\\\b\f\n\r\t", Letters = "\"\\bfnrt";

    private static readonly CodePointSet s_plain = CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\')).Complement();

    /// <summary>One character of a set inside a string.</summary>
    public static GrammarExpression Character(CodePointSet set)
    {
        List<GrammarExpression> ways = [];
        CodePointSet plain = set.Intersect(s_plain);
        if (!plain.IsEmpty) ways.Add(new GrammarExpression.Chars(plain));
        var letters = CodePointSet.Of(Escaped.Zip(Letters).Where(pair => set.Contains(pair.First)).Select(Range));
        if (!letters.IsEmpty) ways.Add(Behind("\\", letters));
        for (int high = 0; high < 2; high++)
        {
            IEnumerable<int> others = Enumerable.Range(16 * high, 16).Where(c => set.Contains(c) && !Escaped.Contains((char)c));
            var digits = CodePointSet.Of(others.Select(c => ((int)HexDigit(c % 16), (int)HexDigit(c % 16))));
            if (!digits.IsEmpty) ways.Add(Behind(string.Create(CultureInfo.InvariantCulture, $"\\u00{high}"), digits));
        }

        return ways.Count == 1 ? ways[0] : new GrammarExpression.OneOf(ways);
    }

    /// <summary>A string, in quotation marks.</summary>
    public static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            if (Escaped.IndexOf(c, StringComparison.Ordinal) is >= 0 and var i) quoted.Append('\\').Append(Letters[i]);
            else if (c < ' ') quoted.Append(CultureInfo.InvariantCulture, $"\\u00{c / 16}{HexDigit(c % 16)}");
            else quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A value as it stands in a schema.</summary>
    public static string Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object =>
            $"{{{string.Join(',', value.EnumerateObject().Select(property => $"{Quoted(property.Name)}:{Of(property.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Of))}]",
        JsonValueKind.String => Quoted(value.GetString()!),
        _ => value.GetRawText(),
    };

    private static char HexDigit(int value) => "0123456789abcdef"[value];

    private static (int, int) Range((char Character, char Letter) pair) => (pair.Letter, pair.Letter);

    private static GrammarExpression.InOrder Behind(string text, CodePointSet set) =>
        new([GrammarExpression.Text(text), new GrammarExpression.Chars(set)]);
}
