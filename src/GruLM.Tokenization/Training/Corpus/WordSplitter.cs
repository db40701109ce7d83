// Splits normalised text into words at U+2581, which belongs to the word after it (or, as suffix, before it).
// Source: SentencePiece's word splitting.
namespace GruLM.Tokenization;

/// <summary>Splits text into words.</summary>
internal static class WordSplitter
{
    /// <summary>The words' ranges, in order and without gaps.</summary>
    public static List<Range> Split(ReadOnlySpan<byte> text, bool whitespaceAsSuffix, bool allowWhitespaceOnly)
    {
        var words = new List<Range>();
        int start = 0;
        bool inSpaces = false;
        for (int i = 0; i < text.Length;)
        {
            int length = Utf8Bytes.CharLength(text[i..]);
            bool space = length == 3 && text.Slice(i, 3).SequenceEqual(Utf8Bytes.SpaceSymbol);
            // Where a word begins is decided before a character (prefix) or also after it (suffix).
            bool begins = whitespaceAsSuffix
                ? inSpaces && !space && allowWhitespaceOnly
                : space && (!inSpaces || !allowWhitespaceOnly);
            if (begins && i > start)
            {
                words.Add(start..i);
                start = i;
            }

            inSpaces = space;
            i += length;
            if (whitespaceAsSuffix && space && !allowWhitespaceOnly && i < text.Length)
            {
                words.Add(start..i);
                start = i;
            }
        }

        if (start < text.Length)
        {
            words.Add(start..text.Length);
        }

        return words;
    }
}
