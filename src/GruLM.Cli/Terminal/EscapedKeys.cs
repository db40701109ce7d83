// Keys that a terminal sends as an escape character with others behind it, where the console hands these on one by one, as it does when
// more has been typed meanwhile, or when it does not know them: a letter with Alt, an arrow, the marks around what is pasted. As readline
// has it, Escape alone waits for the key behind it.

namespace GruLM.Cli;

/// <summary>Puts keys together that came in pieces.</summary>
internal sealed class EscapedKeys
{
    private const char Escape = '\u001b', SequenceFollows = '[', KeyFollows = 'O';
    private const int MostLength = 32;

    // What came since the escape character; null: none did.
    private string? _pending;

    /// <summary>The key that is complete with this one; null where more is to come, or where the whole is none that is known.</summary>
    public ConsoleKeyInfo? Add(ConsoleKeyInfo key)
    {
        if (key is { KeyChar: Escape, Modifiers: 0 or ConsoleModifiers.Alt })
        {
            _pending = "";
            return null;
        }

        if (_pending is not { } before) return key;
        bool isPart = key.KeyChar is > ' ' and <= '~' && !key.Modifiers.HasFlag(ConsoleModifiers.Control);
        if (!isPart || before.Length >= MostLength)
        {
            _pending = null;

            // Keys that are no letters; Enter and Ctrl-C do what they do without Escape.
            return key is { Key: ConsoleKey.Enter } or { KeyChar: '\r' or '\n' } || key.Modifiers.HasFlag(ConsoleModifiers.Control)
                ? key
                : new ConsoleKeyInfo(key.KeyChar, key.Key, shift: false, alt: true, control: false);
        }

        string now = before + key.KeyChar;
        bool goesOn = now is [SequenceFollows] or [KeyFollows] || (now[0] == SequenceFollows && now[^1] < '@');
        _pending = goesOn ? now : null;
        if (goesOn) return null;
        return now.Length == 1 ? WithAlt(now[0]) : OfSequence(now);
    }

    /// <summary>Forgets what has begun.</summary>
    public void Clear() => _pending = null;

    private static ConsoleKeyInfo WithAlt(char letter)
    {
        char upper = char.ToUpperInvariant(letter);
        ConsoleKey key = char.IsAsciiLetterUpper(upper) ? (ConsoleKey)upper : default;
        return new ConsoleKeyInfo(letter, key, shift: false, alt: true, control: false);
    }

    // Behind a semicolon stands which of Shift, Alt and Ctrl were held: their sum of 1, 2 and 4, and one more.
    private static ConsoleKeyInfo? OfSequence(string sequence)
    {
        string[] numbers = sequence[1..^1].Split(';');
        ConsoleKey key = (sequence[^1], numbers[0]) switch
        {
            ('A', _) => ConsoleKey.UpArrow,
            ('B', _) => ConsoleKey.DownArrow,
            ('C', _) => ConsoleKey.RightArrow,
            ('D', _) => ConsoleKey.LeftArrow,
            ('H', _) or ('~', "1" or "7") => ConsoleKey.Home,
            ('F', _) or ('~', "4" or "8") => ConsoleKey.End,
            ('~', "3") => ConsoleKey.Delete,
            _ => default,
        };
        if (key == default) return null;
        int held = numbers.Length > 1 && int.TryParse(numbers[1], out int sum) ? sum - 1 : 0;
        return new ConsoleKeyInfo('\0', key, (held & 1) != 0, (held & 2) != 0, (held & 4) != 0);
    }
}
