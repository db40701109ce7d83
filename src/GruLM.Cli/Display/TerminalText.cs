// Text that people did not type, as it may be shown on a terminal. A model can write any character, also those by which a terminal is told
// to clear itself, to set its title, or to show a line the other way round; there they are shown as signs. Pipes and files get the text as
// it is.

namespace GruLM.Cli;

/// <summary>Makes text harmless for a terminal.</summary>
internal static class TerminalText
{
    // Where Unicode has pictures of the characters below the space, and of the one that deletes.
    private const char Pictures = '\u2400';
    private const char PictureOfDelete = '\u2421';
    private const char Replacement = '\uFFFD';

    /// <summary>The text with signs in place of control characters, all but line ends and tabs, and of those that change the direction of
    /// what follows. Parts of a text can be handed in one after another.</summary>
    public static string Show(string text) => text.Any(IsHarmful) ? string.Concat(text.Select(Sign)) : text;

    private static char Sign(char c) => c switch
    {
        _ when !IsHarmful(c) => c,
        < ' ' => (char)(Pictures + c),
        '\u007F' => PictureOfDelete,
        _ => Replacement,
    };

    private static bool IsHarmful(char c) =>
        (char.IsControl(c) && c is not ('\n' or '\t')) || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
