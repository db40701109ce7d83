// UTF-8 as SentencePiece reads it: a character's length by its lead byte alone where text is already normalised, strict decoding of one
// scalar (no surrogates, no overlong forms) where it is not. Leaves out transcoding of whole strings, which the framework does.
// Source: RFC 3629; the one-byte step over a malformed sequence is SentencePiece's.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Byte-level reading and writing of UTF-8.</summary>
internal static class Utf8Bytes
{
    /// <summary>What a malformed byte decodes to.</summary>
    public const int Malformed = 0xFFFD;

    /// <summary>U+2581, which stands for a space in pieces.</summary>
    public static ReadOnlySpan<byte> SpaceSymbol => [0xE2, 0x96, 0x81];

    /// <summary>U+FFFD.</summary>
    public static ReadOnlySpan<byte> Replacement => [0xEF, 0xBF, 0xBD];

    private static ReadOnlySpan<byte> LengthByHighNibble => [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4];

    /// <summary>The length a lead byte announces; stray trail bytes count as one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LengthByLead(byte lead) => LengthByHighNibble[lead >> 4];

    /// <summary>The length of the character at the start of <paramref name="text"/>, cut off at its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CharLength(ReadOnlySpan<byte> text) => Math.Min(LengthByLead(text[0]), text.Length);

    /// <summary>Decodes one scalar strictly. Returns false, with length 1 and U+FFFD, where the bytes are malformed or cut off.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out int scalar, out int length)
    {
        byte b0 = text[0];
        if (b0 < 0x80)
        {
            scalar = b0;
            length = 1;
            return true;
        }

        if (text.Length >= 2 && (b0 & 0xE0) == 0xC0)
        {
            scalar = ((b0 & 0x1F) << 6) | (text[1] & 0x3F);
            if (IsTrail(text[1]) && scalar >= 0x80)
            {
                length = 2;
                return true;
            }
        }
        else if (text.Length >= 3 && (b0 & 0xF0) == 0xE0)
        {
            scalar = ((b0 & 0x0F) << 12) | ((text[1] & 0x3F) << 6) | (text[2] & 0x3F);
            if (IsTrail(text[1]) && IsTrail(text[2]) && scalar >= 0x800 && IsScalar(scalar))
            {
                length = 3;
                return true;
            }
        }
        else if (text.Length >= 4 && (b0 & 0xF8) == 0xF0)
        {
            scalar = ((b0 & 0x07) << 18) | ((text[1] & 0x3F) << 12) | ((text[2] & 0x3F) << 6) | (text[3] & 0x3F);
            if (IsTrail(text[1]) && IsTrail(text[2]) && IsTrail(text[3]) && scalar >= 0x10000 && IsScalar(scalar))
            {
                length = 4;
                return true;
            }
        }

        scalar = Malformed;
        length = 1;
        return false;
    }

    /// <summary>True where the bytes are a strict prefix of some well-formed character, so that more bytes decide.</summary>
    public static bool IsIncomplete(ReadOnlySpan<byte> text)
    {
        byte lead = text[0];
        int need = lead is >= 0xC2 and <= 0xDF ? 2 : lead is >= 0xE0 and <= 0xEF ? 3 : lead is >= 0xF0 and <= 0xF4 ? 4 : 0;
        if (text.Length >= need)
        {
            return false;
        }

        if (text.Length >= 2)
        {
            // The second byte's range keeps overlong forms, surrogates and what lies past U+10FFFF out.
            byte low = lead switch { 0xE0 => (byte)0xA0, 0xF0 => (byte)0x90, _ => (byte)0x80 };
            byte high = lead switch { 0xED => (byte)0x9F, 0xF4 => (byte)0x8F, _ => (byte)0xBF };
            if (text[1] < low || text[1] > high)
            {
                return false;
            }
        }

        return text.Length < 3 || IsTrail(text[2]);
    }

    /// <summary>True for code points that may stand in text.</summary>
    public static bool IsScalar(int codePoint) => (uint)codePoint < 0xD800 || (codePoint >= 0xE000 && codePoint <= 0x10FFFF);

    /// <summary>Writes one scalar; returns its length.</summary>
    public static int Write(int scalar, Span<byte> destination)
    {
        if (scalar < 0x80)
        {
            destination[0] = (byte)scalar;
            return 1;
        }

        if (scalar < 0x800)
        {
            destination[0] = (byte)(0xC0 | (scalar >> 6));
            destination[1] = (byte)(0x80 | (scalar & 0x3F));
            return 2;
        }

        if (scalar < 0x10000)
        {
            destination[0] = (byte)(0xE0 | (scalar >> 12));
            destination[1] = (byte)(0x80 | ((scalar >> 6) & 0x3F));
            destination[2] = (byte)(0x80 | (scalar & 0x3F));
            return 3;
        }

        destination[0] = (byte)(0xF0 | (scalar >> 18));
        destination[1] = (byte)(0x80 | ((scalar >> 12) & 0x3F));
        destination[2] = (byte)(0x80 | ((scalar >> 6) & 0x3F));
        destination[3] = (byte)(0x80 | (scalar & 0x3F));
        return 4;
    }

    /// <summary>One scalar as UTF-8.</summary>
    public static byte[] Encode(int scalar)
    {
        Span<byte> buffer = stackalloc byte[4];
        return buffer[..Write(scalar, buffer)].ToArray();
    }

    /// <summary>Decodes to code points; each malformed byte becomes U+FFFD.</summary>
    public static void Decode(ReadOnlySpan<byte> text, List<int> codePoints)
    {
        for (int i = 0; i < text.Length;)
        {
            TryDecode(text[i..], out int scalar, out int length);
            codePoints.Add(scalar);
            i += length;
        }
    }

    /// <summary>True where every byte belongs to a well-formed character.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text);

    private static bool IsTrail(byte b) => (b & 0xC0) == 0x80;
}
