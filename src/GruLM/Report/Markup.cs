// Text as it may stand in a page that is read as HTML and as XML alike: the characters with a meaning of their own are escaped, and those
// that XML does not know, which a model in training does write, are shown by others.

using System.Text;

namespace GruLM.Report;

/// <summary>Escapes text for a page.</summary>
internal static class Markup
{
    // Unicode's pictures of the control characters begin here.
    private const int ControlPictures = 0x2400;

    /// <summary>The text so that it reads as it stands, in an element or in a quoted attribute.</summary>
    public static string Text(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '<' => result.Append("&lt;"),
                '>' => result.Append("&gt;"),
                '&' => result.Append("&amp;"),
                '"' => result.Append("&quot;"),
                '\'' => result.Append("&#39;"),
                '\n' or '\t' => result.Append((char)rune.Value),
                < ' ' => result.Append((char)(ControlPictures + rune.Value)),
                >= 0x7f and < 0xa0 or 0xfffe or 0xffff => result.Append('\ufffd'),
                _ => result.Append(rune.ToString()),
            };
        }

        return result.ToString();
    }
}
