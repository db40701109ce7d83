// Keys as a console gives them, from a few words: "abc", "Left", "Ctrl+A", "Alt+B".

namespace GruLM.Tests.Cli;

internal static class Keys
{
    /// <summary>The keys that <paramref name="words"/> name; a word that names none is typed.</summary>
    public static IEnumerable<ConsoleKeyInfo> Of(params string[] words) => words.SelectMany(Of);

    private static IEnumerable<ConsoleKeyInfo> Of(string word)
    {
        string[] parts = word.Split('+');
        bool control = parts.Contains("Ctrl"), shift = parts.Contains("Shift"), alt = parts.Contains("Alt");
        ConsoleKey? key = parts[^1] switch
        {
            "Left" => ConsoleKey.LeftArrow,
            "Right" => ConsoleKey.RightArrow,
            "Up" => ConsoleKey.UpArrow,
            "Down" => ConsoleKey.DownArrow,
            "Esc" => ConsoleKey.Escape,
            "Home" or "End" or "Backspace" or "Delete" or "Enter" or "Tab" => Enum.Parse<ConsoleKey>(parts[^1]),
            [>= 'A' and <= 'Z'] when control || alt => Enum.Parse<ConsoleKey>(parts[^1]),
            _ => null,
        };
        return key is { } known
            ? [new ConsoleKeyInfo(CharOf(known, control, parts[^1]), known, shift, alt, control)]
            : word.Select(c => new ConsoleKeyInfo(c, default, false, false, false));
    }

    private static char CharOf(ConsoleKey key, bool control, string name) => key switch
    {
        ConsoleKey.Enter => '\r',
        ConsoleKey.Tab => '\t',
        ConsoleKey.Escape => '\u001b',
        ConsoleKey.Backspace => '\u007f',
        >= ConsoleKey.A and <= ConsoleKey.Z => control ? (char)(name[0] - 'A' + 1) : char.ToLowerInvariant(name[0]),
        _ => '\0',
    };
}
