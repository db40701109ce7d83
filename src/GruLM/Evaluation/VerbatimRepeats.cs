// How much of a text stands word for word in another one: of a generated text, how much was copied from the training text. For every place
// in the text it finds the longest stretch ending there that the other text contains ("matching statistics", Chang and Lawler 1994),
// exactly, by a suffix automaton of the text (SuffixAutomaton.cs) through which the other text passes once: memory depends on the text
// alone, and the other one, which may be a hundred times longer, is only read.

using System.Text;

namespace GruLM;

/// <summary>Finds verbatim copies. Safe for several threads.</summary>
public static class VerbatimRepeats
{
    /// <summary>The longest text that can be examined, in UTF-8 bytes; the automaton takes up to about 80 bytes for each.</summary>
    public const int MaxBytes = 1 << 22;

    /// <summary>How much of <paramref name="text"/> stands verbatim in <paramref name="source"/>; both are UTF-8.</summary>
    /// <exception cref="ArgumentException">The text is longer than <see cref="MaxBytes"/>.</exception>
    public static RepeatFigures Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> source, CancellationToken cancel = default)
    {
        if (text.Length > MaxBytes)
        {
            throw new ArgumentException(
                $"a text of {text.Length} bytes is too long to look for copies in; at most {MaxBytes} can be examined");
        }

        var automaton = new SuffixAutomaton(text);
        automaton.Read(source, cancel);
        return Figures(text, automaton);
    }

    // A stretch found in bytes may begin inside a character; it counts from the next one on.
    private static RepeatFigures Figures(ReadOnlySpan<byte> text, SuffixAutomaton automaton)
    {
        // The number of characters that begin before each byte.
        int[] before = new int[text.Length + 1];
        for (int i = 0; i < text.Length; i++) before[i + 1] = before[i] + (IsInside(text, i) ? 0 : 1);
        int state = 0, longest = 0, longestStart = 0, longestEnd = 0, covered50 = 0, covered100 = 0, until50 = 0, until100 = 0;
        for (int end = 1; end <= text.Length; end++)
        {
            state = automaton.Next(state, text[end - 1]);
            if (IsInside(text, end)) continue;
            int start = end - automaton.LongestFound(state);
            while (start < end && IsInside(text, start)) start++;
            int length = before[end] - before[start];
            if (length > longest) (longest, longestStart, longestEnd) = (length, start, end);

            // Ends rise, so what is new of each stretch lies behind the last one's end.
            if (length >= 50) (covered50, until50) = (covered50 + before[end] - Math.Max(before[start], until50), before[end]);
            if (length >= 100) (covered100, until100) = (covered100 + before[end] - Math.Max(before[start], until100), before[end]);
        }

        string longestText = Encoding.UTF8.GetString(text[longestStart..longestEnd]);
        return new RepeatFigures(before[^1], longest, longestText, covered50, covered100);
    }

    private static bool IsInside(ReadOnlySpan<byte> text, int at) => at < text.Length && (text[at] & 0xC0) == 0x80;
}
