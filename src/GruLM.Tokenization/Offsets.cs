// Converts places in UTF-8 text to places in code points or UTF-16 units, for callers whose strings are not bytes.
namespace GruLM.Tokenization;

/// <summary>Conversion of offsets.</summary>
internal static class Offsets
{
    /// <summary>Rewrites the places of pieces, which are in ascending order of text, from bytes to another unit.</summary>
    public static void Convert(List<EncodedPiece> pieces, ReadOnlySpan<byte> utf8, OffsetUnit unit)
    {
        int[] map = new int[utf8.Length + 1];
        int count = 0;
        for (int i = 0; i < utf8.Length;)
        {
            int length = Utf8Bytes.CharLength(utf8[i..]);
            map.AsSpan(i, length).Fill(count);
            count += unit == OffsetUnit.Utf16 && length == 4 ? 2 : 1;
            i += length;
        }

        map[utf8.Length] = count;
        for (int i = 0; i < pieces.Count; i++)
        {
            pieces[i] = pieces[i] with { Begin = map[pieces[i].Begin], End = map[pieces[i].End] };
        }
    }
}
