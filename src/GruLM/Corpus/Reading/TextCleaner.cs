// Turns the bytes of a text file into the text everything is counted on: no byte-order mark, line ends as LF, no NULs, valid UTF-8.
// Works on portions of any size, so that a file is never held twice. Each longest wrong sequence of bytes becomes one U+FFFD, as the
// Unicode Standard (section 3.9) recommends. Left out on purpose: any other normalisation; a CR that no LF follows stays as it is, unless
// the text ends its lines so.

using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace GruLM.Corpus;

/// <summary>Cleans the bytes of one text and appends them to <paramref name="output"/>, and counts what it repaired.
/// <paramref name="endsLinesWithCr"/>: a CR alone is a line end.</summary>
internal sealed class TextCleaner(IBufferWriter<byte> output, bool endsLinesWithCr = false)
{
    private bool _started;

    public bool HadByteOrderMark { get; private set; }

    public long ReplacedSequences { get; private set; }

    /// <summary>Those of the wrong sequences that follow another without anything between.</summary>
    public long ReplacedInARow { get; private set; }

    /// <summary>Characters beyond ASCII that stand near wrong sequences and are right.</summary>
    public long RightBesideReplaced { get; private set; }

    public long WindowsLineEnds { get; private set; }

    public long OldMacLineEnds { get; private set; }

    public long Nuls { get; private set; }

    /// <summary>Whether anything came out otherwise than it went in.</summary>
    public bool Repaired => HadByteOrderMark || ReplacedSequences + WindowsLineEnds + OldMacLineEnds + Nuls > 0;

    /// <summary>Cleans a portion and returns how many of its bytes were used; the few that remain (the beginning of a character or of a
    /// CRLF) must come first in the next portion. With <paramref name="last"/> all bytes are used.</summary>
    public int Append(ReadOnlySpan<byte> portion, bool last)
    {
        ReadOnlySpan<byte> remaining = portion;
        if (!_started)
        {
            ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
            if (!last && remaining.Length < mark.Length)
            {
                return 0;
            }

            _started = true;
            if (remaining.StartsWith(mark))
            {
                HadByteOrderMark = true;
                remaining = remaining[mark.Length..];
            }
        }

        for (int length; (length = remaining.IndexOf((byte)'\r')) >= 0;)
        {
            AppendWithoutNuls(remaining[..length]);
            remaining = remaining[length..];
            if (remaining.Length == 1 && !last)
            {
                // Whether an LF follows, the next portion tells.
                return portion.Length - remaining.Length;
            }

            remaining = remaining[AppendLineEnd(remaining)..];
        }

        int complete = last ? remaining.Length : remaining.Length - UnfinishedBytes(remaining);
        AppendWithoutNuls(remaining[..complete]);
        return portion.Length - remaining.Length + complete;
    }

    /// <summary>The number of bytes at the end that may be the beginning of a longer character: 0 to 3.</summary>
    internal static int UnfinishedBytes(ReadOnlySpan<byte> bytes)
    {
        for (int back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            byte b = bytes[^back];
            if ((b & 0xC0) != 0x80)
            {
                int length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC0 ? 2 : 1;
                return length > back ? back : 0;
            }
        }

        return 0;
    }

    // Appends the CR or the CRLF that a text begins with, the latter as an LF, and returns its length.
    private int AppendLineEnd(ReadOnlySpan<byte> text)
    {
        if (text.Length > 1 && text[1] == (byte)'\n')
        {
            WindowsLineEnds++;
            output.Write("\n"u8);
            return 2;
        }

        OldMacLineEnds += endsLinesWithCr ? 1 : 0;
        output.Write(endsLinesWithCr ? "\n"u8 : "\r"u8);
        return 1;
    }

    // No text has a NUL; they come from blocks that were never written, and from text in 16-bit units.
    private void AppendWithoutNuls(ReadOnlySpan<byte> bytes)
    {
        for (int nul; (nul = bytes.IndexOf((byte)0)) >= 0; bytes = bytes[(nul + 1)..])
        {
            AppendValid(bytes[..nul]);
            Nuls++;
        }

        AppendValid(bytes);
    }

    private void AppendValid(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            output.Write(bytes);
            return;
        }

        AppendRepaired(bytes);
    }

    private void AppendRepaired(ReadOnlySpan<byte> bytes)
    {
        for (bool followsWrong = false; bytes.Length > 0;)
        {
            int length = bytes.IndexOfAnyInRange((byte)0x80, (byte)0xFF);
            if (length != 0)
            {
                length = length < 0 ? bytes.Length : length;
                output.Write(bytes[..length]);
                followsWrong = false;
            }
            else if (Rune.DecodeFromUtf8(bytes, out _, out length) == OperationStatus.Done)
            {
                RightBesideReplaced++;
                output.Write(bytes[..length]);
                followsWrong = false;
            }
            else
            {
                ReplacedSequences++;
                ReplacedInARow += followsWrong ? 1 : 0;
                followsWrong = true;
                output.Write("\uFFFD"u8);
            }

            bytes = bytes[length..];
        }
    }
}
