// What --escape makes of a prompt or a stop string: \n is a line end, \t a tab, and so on, as in C and in llama.cpp.

using System.Globalization;
using System.Text;

namespace GruLM.Cli.Commands;

/// <summary>Reads escapes.</summary>
internal static class EscapedText
{
    /// <summary>The text that <paramref name="escaped"/> stands for; what is no escape stays as it is.</summary>
    public static string Read(string escaped)
    {
        var text = new StringBuilder();
        for (int i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != '\\' || i + 1 == escaped.Length)
            {
                text.Append(escaped[i]);
                continue;
            }

            char kind = escaped[++i];
            int digits = kind switch { 'x' => 2, 'u' => 4, _ => 0 };
            if (digits > 0 && i + digits < escaped.Length && int.TryParse(
                escaped.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
            {
                text.Append((char)code);
                i += digits;
                continue;
            }

            text.Append(Simple(kind));
        }

        return text.ToString();
    }

    private static string Simple(char kind) => kind switch
    {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        '\\' or '"' or '\'' => kind.ToString(),
        _ => $"\\{kind}",
    };
}
