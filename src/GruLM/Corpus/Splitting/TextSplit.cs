// Cutting a corpus into a part to learn from and a part held out: the last tenth (or another fraction) of the characters for text read as
// one stream, of the non-blank lines for lines that are samples of their own. The cut is at the end of the text on purpose: shuffled
// lines of one book would leak between the parts. (Samples drawn from all over a text: DrawnSamples.cs.) Also the walk over non-blank
// lines, since both must agree on what those are.

namespace GruLM.Corpus;

/// <summary>Splits text, and walks its lines. Safe for several threads.</summary>
public static class TextSplit
{
    /// <summary>Cuts so that the first part has ⌊n · (1 − fraction)⌋ of the n characters (code points).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not from 0 up to, but not including, 1.</exception>
    public static (ReadOnlyMemory<byte> Training, ReadOnlyMemory<byte> HeldOut) ByCharacters(ReadOnlyMemory<byte> utf8, double fraction) =>
        InOnePiece(new CorpusText(utf8).SplitByCharacters(fraction));

    /// <summary>Cuts at the start of a line so that the first part has ⌊n · (1 − fraction)⌋ of the n non-blank lines.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not from 0 up to, but not including, 1.</exception>
    public static (ReadOnlyMemory<byte> Training, ReadOnlyMemory<byte> HeldOut) ByLines(ReadOnlyMemory<byte> utf8, double fraction) =>
        InOnePiece(new CorpusText(utf8).SplitBySamples(fraction));

    /// <summary>The lines that hold more than white space, without their line ends.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> NonBlankLines(ReadOnlyMemory<byte> utf8)
    {
        while (utf8.Length > 0)
        {
            int end = utf8.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = end < 0 ? utf8 : utf8[..end];
            utf8 = end < 0 ? default : utf8[(end + 1)..];
            if (!IsBlank(line.Span))
            {
                yield return line;
            }
        }
    }

    /// <summary>The number of code points in valid UTF-8.</summary>
    public static long CountCharacters(ReadOnlySpan<byte> utf8)
    {
        long count = 0;
        foreach (byte b in utf8)
        {
            count += IsContinuation(b) ? 0 : 1;
        }

        return count;
    }

    /// <summary>The bytes of the first <paramref name="characters"/> code points of valid UTF-8 that has more than those.</summary>
    internal static int BytesOf(ReadOnlySpan<byte> utf8, long characters)
    {
        int bytes = 0;
        while (bytes < utf8.Length && (characters > 0 || IsContinuation(utf8[bytes])))
        {
            characters -= IsContinuation(utf8[bytes]) ? 0 : 1;
            bytes++;
        }

        return bytes;
    }

    private static (ReadOnlyMemory<byte> Training, ReadOnlyMemory<byte> HeldOut) InOnePiece(
        (CorpusText Training, CorpusText HeldOut) parts) => (parts.Training.Utf8, parts.HeldOut.Utf8);

    private static bool IsContinuation(byte b) => (b & 0xC0) == 0x80;

    internal static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept(" \t\r\v\f"u8) < 0;

    /// <summary>How many of so many are in the first part.</summary>
    internal static long Keep(long count, double fraction)
    {
        if (!(fraction >= 0 && fraction < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(fraction), $"the held-out fraction is {fraction}; a number from 0 up to, but not including, 1 was expected");
        }

        return (long)(count * (1 - fraction));
    }
}
