// A line that is being typed: keys go in, the text and the place of the cursor come out. It knows nothing of a console. Keys are those of
// readline. The cursor never stands inside of what people see as one character.

using System.Globalization;

namespace GruLM.Cli;

/// <summary>Edits one line after another.</summary>
internal sealed class LineEditor(LineHistory history)
{
    private readonly EscapedKeys _escaped = new();
    private string _killed = "";
    private char? _half;

    /// <summary>The line so far.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Where the next character goes: an index into <see cref="Text"/>.</summary>
    public int Cursor { get; private set; }

    /// <summary>Begins a new line. The last one goes into the history.</summary>
    public void Begin()
    {
        history.Add(Text);
        _escaped.Clear();
        _half = null;
        Set("");
    }

    /// <summary>Does what a key asks for.</summary>
    public LineOutcome Press(ConsoleKeyInfo key) => _escaped.Add(key) is { } whole ? PressWhole(whole) : LineOutcome.Edited;

    private LineOutcome PressWhole(ConsoleKeyInfo key)
    {
        bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control), alt = key.Modifiers.HasFlag(ConsoleModifiers.Alt);

        // Some keyboards have characters on Ctrl and Alt together.
        if (key.KeyChar is not '\0' && !char.IsControl(key.KeyChar) && (!alt || control)) return Type(key.KeyChar);
        if (key.Key == ConsoleKey.Enter || key.KeyChar is '\r' or '\n') return LineOutcome.Submitted;
        if (control && !alt) return PressWithControl(key.Key);
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow or ConsoleKey.B when alt:
                Cursor = WordBefore();
                break;
            case ConsoleKey.RightArrow or ConsoleKey.F when alt:
                Cursor = WordBehind();
                break;
            case ConsoleKey.D when alt:
                Kill(Cursor, WordBehind());
                break;
            case ConsoleKey.Backspace when alt:
                Kill(WordBefore(), Cursor);
                break;
            case ConsoleKey.LeftArrow:
                Cursor = Before();
                break;
            case ConsoleKey.RightArrow:
                Cursor = Behind();
                break;
            case ConsoleKey.Home:
                Cursor = 0;
                break;
            case ConsoleKey.End:
                Cursor = Text.Length;
                break;
            case ConsoleKey.Backspace:
                Remove(Before(), Cursor);
                break;
            case ConsoleKey.Delete:
                Remove(Cursor, Behind());
                break;
            case ConsoleKey.UpArrow:
                Recall(history.Older(Text));
                break;
            case ConsoleKey.DownArrow:
                Recall(history.Newer());
                break;
            case ConsoleKey.Tab when key.Modifiers == 0:
                return Type(' ');
        }

        return LineOutcome.Edited;
    }

    private LineOutcome PressWithControl(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.C:
                return LineOutcome.Interrupted;
            case ConsoleKey.D when Text.Length == 0:
                return LineOutcome.Ended;
            case ConsoleKey.L:
                return LineOutcome.Cleared;
            case ConsoleKey.A or ConsoleKey.Home:
                Cursor = 0;
                break;
            case ConsoleKey.E or ConsoleKey.End:
                Cursor = Text.Length;
                break;
            case ConsoleKey.B:
                Cursor = Before();
                break;
            case ConsoleKey.F:
                Cursor = Behind();
                break;
            case ConsoleKey.LeftArrow:
                Cursor = WordBefore();
                break;
            case ConsoleKey.RightArrow:
                Cursor = WordBehind();
                break;
            case ConsoleKey.D or ConsoleKey.Delete:
                Remove(Cursor, Behind());
                break;
            case ConsoleKey.H or ConsoleKey.Backspace:
                Remove(Before(), Cursor);
                break;
            case ConsoleKey.U:
                Kill(0, Cursor);
                break;
            case ConsoleKey.K:
                Kill(Cursor, Text.Length);
                break;
            case ConsoleKey.W:
                Kill(WordBefore(), Cursor);
                break;
            case ConsoleKey.Y:
                Insert(_killed);
                break;
            case ConsoleKey.P:
                Recall(history.Older(Text));
                break;
            case ConsoleKey.N:
                Recall(history.Newer());
                break;
        }

        return LineOutcome.Edited;
    }

    // A character outside of the first plane comes in two halves.
    private LineOutcome Type(char c)
    {
        if (char.IsHighSurrogate(c))
        {
            _half = c;
        }
        else if (char.IsLowSurrogate(c))
        {
            if (_half is { } high) Insert($"{high}{c}");
            _half = null;
        }
        else
        {
            Insert($"{c}");
        }

        return LineOutcome.Edited;
    }

    private void Insert(string text)
    {
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    private void Kill(int from, int to)
    {
        if (from < to) _killed = Text[from..to];
        Remove(from, to);
    }

    private void Remove(int from, int to) => (Text, Cursor) = (Text.Remove(from, to - from), from);

    private void Recall(string? line)
    {
        if (line is not null) Set(line);
    }

    private void Set(string text) => (Text, Cursor) = (text, text.Length);

    private int Behind() => Cursor + StringInfo.GetNextTextElementLength(Text.AsSpan(Cursor));

    private int Before()
    {
        int before = 0;
        for (int at = 0; at < Cursor; at += StringInfo.GetNextTextElementLength(Text.AsSpan(at))) before = at;
        return before;
    }

    private int WordBefore()
    {
        int at = Cursor;
        while (at > 0 && char.IsWhiteSpace(Text[at - 1])) at--;
        while (at > 0 && !char.IsWhiteSpace(Text[at - 1])) at--;
        return at;
    }

    private int WordBehind()
    {
        int at = Cursor;
        while (at < Text.Length && char.IsWhiteSpace(Text[at])) at++;
        while (at < Text.Length && !char.IsWhiteSpace(Text[at])) at++;
        return at;
    }
}
