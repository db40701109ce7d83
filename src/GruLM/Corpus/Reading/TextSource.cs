// From the bytes of a file to those of a text in UTF-8, by the first of them and not by its name: gzip and zstd are unpacked, what a
// byte-order mark tells to be UTF-16 or UTF-32 is decoded, and what is no text, or text in another encoding, is refused with a word of what
// it is. The rest is left to TextCleaner.cs: a few bytes that are wrong are repaired there.

using System.Buffers;

namespace GruLM.Corpus;

/// <summary>The bytes of a text.</summary>
/// <param name="Bytes">UTF-8, to be cleaned.</param>
/// <param name="Decoded">What they come out of where they were decoded, else null.</param>
/// <param name="Packing">How the file is packed, else null.</param>
/// <param name="EndsLinesWithCr">Whether lines end with a CR alone, as on old Macs.</param>
internal sealed record TextSource(Stream Bytes, DecodedText? Decoded = null, Packing? Packing = null, bool EndsLinesWithCr = false)
{
    // How much is looked at.
    private const int HeadBytes = 1 << 16;

    // Fewer bytes are taken for text whatever they are.
    private const int FewestBytes = 16;

    // The share of a text that may be wrong, and the share of control characters from which on it is taken for something other than text.
    private const double MostWrong = 0.25;
    private const double MostControls = 0.1;

    /// <summary>Looks at a file, which is disposed with what is returned.</summary>
    /// <param name="file">The file, of which nothing was read.</param>
    /// <param name="name">Its name in messages.</param>
    /// <param name="named">How it is packed by its name; null when that does not say that it is.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="InvalidDataException">It is no text; the message says what it is and what can be done.</exception>
    public static TextSource Of(PeekedStream file, string name, Packing? named, CancellationToken cancellation)
    {
        PeekedStream bytes = file;
        ReadOnlySpan<byte> head = bytes.Peek(HeadBytes, cancellation);
        var packing = Packing.OfHead(head);
        if (packing is not null)
        {
            bytes = new PeekedStream(packing.Open(file, name));
            head = bytes.Peek(HeadBytes, cancellation);
        }

        if (KnownKind.Of(head) is { } kind) throw kind.Refusal(name, packing);
        if (named is not null && packing is null)
        {
            throw named.Damaged(name, 0, $", or name it without {named.Extension} if it is not packed");
        }

        DecodedText? decoded = null;
        if (WideEncoding.OfMark(head) is { } encoding)
        {
            decoded = new DecodedText(bytes, encoding);
            bytes = new PeekedStream(decoded);
            head = bytes.Peek(HeadBytes, cancellation);
        }
        else if (WideEncoding.Suspect(head) is { } suspect)
        {
            throw Unmarked(suspect, name, packing);
        }

        CheckIsText(head, name, packing);
        return new TextSource(bytes, decoded, packing, HasOnlyCr(head));
    }

    /// <summary>How a text is converted to UTF-8, as a line to type; <paramref name="word"/> is its name in it.</summary>
    public static string ConversionLine(string word, string encoding, Packing? packing) => packing is not null
        ? $"{packing.Command} {word} | iconv -f {encoding} -t utf-8 > utf8.txt"
        : $"iconv -f {encoding} -t utf-8 {word} > utf8.txt";

    // One CR in a text is a character; a text that has several, and no other line end, ends its lines so.
    private static bool HasOnlyCr(ReadOnlySpan<byte> head) => head.Count((byte)'\r') > 1 && !head.Contains((byte)'\n');

    private static void CheckIsText(ReadOnlySpan<byte> head, string name, Packing? packing)
    {
        // A character may have been cut in two.
        ReadOnlySpan<byte> text = head[..^TextCleaner.UnfinishedBytes(head)];
        if (text.Length < FewestBytes) return;
        int controls = 0;
        foreach (byte b in text)
        {
            controls += b < ' ' && !IsUsual(b) ? 1 : 0;
        }

        var cleaner = new TextCleaner(new ArrayBufferWriter<byte>(text.Length));
        cleaner.Append(text, last: true);
        double wrong = cleaner.ReplacedSequences + controls;
        if (wrong < MostWrong * TextSplit.CountCharacters(text)) return;
        if (WideEncoding.SuspectEastAsian(text) is { } suspect) throw Unmarked(suspect, name, packing);
        if (controls >= MostControls * text.Length || text.Contains((byte)0))
        {
            string nuls = text.Count((byte)0) >= controls / 2.0 ? "NULs" : "control characters";
            throw new InvalidDataException($"{name}: is binary and no text: it is full of {nuls}; text in UTF-8 was expected");
        }

        string way = ConversionLine(CorpusFiles.TypedName(name), "ENCODING", packing);
        throw new InvalidDataException(
            $"{name}: is not in UTF-8, but in another encoding, such as windows-1251, koi8-r, gb18030 or shift_jis; convert it: {way}");
    }

    private static InvalidDataException Unmarked(WideEncoding suspect, string name, Packing? packing)
    {
        string way = ConversionLine(CorpusFiles.TypedName(name), suspect.FullName, packing);
        return new InvalidDataException($"{name}: is {suspect.Name} without a byte-order mark, by the look of it; convert it: {way}");
    }

    // Control characters that texts have: bell, backspace, tab, line ends, form feed, the end mark of DOS, escape sequences of terminals.
    private static bool IsUsual(byte b) => b is (>= 0x07 and <= 0x0D) or 0x1A or 0x1B;
}
