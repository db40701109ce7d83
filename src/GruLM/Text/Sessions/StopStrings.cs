// Ends a streamed text at the first of some strings without ever showing a part of one: text that could be the beginning of a
// stop string is held back until it is known not to be.

using System.Text;

namespace GruLM;

/// <summary>Watches a streamed text for stop strings.</summary>
internal sealed class StopStrings(IReadOnlyList<string> stops)
{
    private readonly StringBuilder _held = new();

    /// <summary>Whether a stop string has been seen.</summary>
    public bool Stopped { get; private set; }

    /// <summary>How many characters at the end of the text so far were not given out: those that may begin a stop string or, once one has
    /// been seen, those from its beginning on.</summary>
    public int Withheld { get; private set; }

    /// <summary>Takes more text; returns what may be shown.</summary>
    public string Push(string text)
    {
        if (Stopped) return "";
        if (stops.Count == 0) return text;
        _held.Append(text);
        string all = _held.ToString();
        int at = stops.Select(s => all.IndexOf(s, StringComparison.Ordinal)).Where(i => i >= 0).DefaultIfEmpty(-1).Min();
        if (at >= 0)
        {
            Stopped = true;
            Withheld = all.Length - at;
            _held.Clear();
            return all[..at];
        }

        int keep = stops.Max(s => LongestTailThatBegins(all, s));
        Withheld = keep;
        _held.Clear().Append(all, all.Length - keep, keep);
        return all[..^keep];
    }

    /// <summary>What was held back, now that no more text comes.</summary>
    public string Flush()
    {
        string held = _held.ToString();
        _held.Clear();
        Withheld = 0;
        return held;
    }

    private static int LongestTailThatBegins(string text, string stop)
    {
        for (int n = Math.Min(text.Length, stop.Length - 1); n > 0; n--)
        {
            if (text.AsSpan(text.Length - n).SequenceEqual(stop.AsSpan(0, n))) return n;
        }

        return 0;
    }
}
