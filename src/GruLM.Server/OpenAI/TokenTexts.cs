// Tokens as texts and bytes, the way lists of log-probabilities show them.

using System.Globalization;
using System.Text;
using GruLM.Tokenization;

namespace GruLM.Server;

/// <summary>Shows tokens. Safe for several threads.</summary>
internal static class TokenTexts
{
    /// <summary>The bytes of a token's text.</summary>
    public static byte[] BytesOf(Tokenizer tokenizer, int id)
    {
        string piece = tokenizer.PieceOf(id);
        return tokenizer.TypeOf(id) == PieceType.Byte
            ? [byte.Parse(piece.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)]
            : Encoding.UTF8.GetBytes(piece.Replace('\u2581', ' '));
    }

    /// <summary>A token's text; a byte that is no character alone is <c>bytes:\xNN</c>.</summary>
    public static string TextOf(Tokenizer tokenizer, int id)
    {
        byte[] bytes = BytesOf(tokenizer, id);
        return bytes is [>= 0x80] ? $@"bytes:\x{bytes[0]:x2}" : Encoding.UTF8.GetString(bytes);
    }
}
