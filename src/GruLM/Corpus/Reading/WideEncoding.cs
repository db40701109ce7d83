// UTF-16 and UTF-32: told by their byte-order marks, or, where these are missing, by where the bytes stand that no text in UTF-8 has. One
// without a mark is only ever suspected to be in one of them, never decoded. Left out on purpose: UTF-7, GB18030, EBCDIC.

namespace GruLM.Corpus;

/// <summary>An encoding in units of two or four bytes.</summary>
/// <param name="UnitBytes">2 for UTF-16, 4 for UTF-32.</param>
/// <param name="IsBigEndian">Whether the high byte comes first.</param>
internal readonly record struct WideEncoding(int UnitBytes, bool IsBigEndian)
{
    // Fewer bytes say nothing without a mark.
    private const int FewestBytes = 16;

    /// <summary>Its name for people.</summary>
    public string Name => UnitBytes == 2 ? "UTF-16" : "UTF-32";

    /// <summary>Its name with the order of its bytes, as iconv has it.</summary>
    public string FullName => (UnitBytes == 2 ? "utf-16" : "utf-32") + (IsBigEndian ? "be" : "le");

    /// <summary>The encoding that the mark at the beginning of a text tells, which takes one unit; null where there is none.</summary>
    public static WideEncoding? OfMark(ReadOnlySpan<byte> head) => head switch
    {
        [0xFF, 0xFE, 0, 0, ..] => new WideEncoding(4, IsBigEndian: false),
        [0, 0, 0xFE, 0xFF, ..] => new WideEncoding(4, IsBigEndian: true),
        [0xFF, 0xFE, ..] => new WideEncoding(2, IsBigEndian: false),
        [0xFE, 0xFF, ..] => new WideEncoding(2, IsBigEndian: true),
        _ => null,
    };

    /// <summary>The encoding that a text without a mark seems to be in: its high bytes are small numbers, which are control characters in
    /// UTF-8, and its low bytes are not.</summary>
    public static WideEncoding? Suspect(ReadOnlySpan<byte> head)
    {
        if (head.Length < FewestBytes) return null;
        Span<int> small = stackalloc int[4], zeros = stackalloc int[4];
        for (int i = 0; i < head.Length; i++)
        {
            zeros[i % 4] += head[i] == 0 ? 1 : 0;
            small[i % 4] += head[i] < ' ' && !(head[i] is (byte)'\t' or (byte)'\n' or (byte)'\r') ? 1 : 0;
        }

        double half = head.Length / 2.0, quarter = head.Length / 4.0, even = small[0] + small[2], odd = small[1] + small[3];
        if (zeros[3] >= 0.9 * quarter && small[2] >= 0.9 * quarter && small[0] < 0.5 * quarter) return new WideEncoding(4, false);
        if (zeros[0] >= 0.9 * quarter && small[1] >= 0.9 * quarter && small[3] < 0.5 * quarter) return new WideEncoding(4, true);
        if (odd >= 0.4 * half && odd >= 4 * even) return new WideEncoding(2, false);
        if (even >= 0.4 * half && even >= 4 * odd) return new WideEncoding(2, true);
        return null;
    }

    /// <summary>The same for what is surely no UTF-8: Chinese, Japanese and Korean in UTF-16 have few small bytes, but nearly all their
    /// high bytes are those of these scripts. Where they are nearly all those that begin a character in Shift JIS, it is in that.</summary>
    public static WideEncoding? SuspectEastAsian(ReadOnlySpan<byte> head)
    {
        Span<int> likely = stackalloc int[2], leading = stackalloc int[2];
        for (int i = 0; i < head.Length; i++)
        {
            likely[i % 2] += head[i] is 0 or 0x30 or (>= 0x4E and <= 0x9F) or (>= 0xAC and <= 0xD7) or 0xFF ? 1 : 0;
            leading[i % 2] += head[i] is >= 0x81 and <= 0x9F ? 1 : 0;
        }

        double half = head.Length / 2.0;
        if (IsHigh(1, likely, leading)) return new WideEncoding(2, false);
        if (IsHigh(0, likely, leading)) return new WideEncoding(2, true);
        return null;

        bool IsHigh(int place, Span<int> likely, Span<int> leading) =>
            likely[place] >= 0.95 * half && likely[1 - place] < 0.85 * half && leading[place] < 0.8 * likely[place];
    }
}
