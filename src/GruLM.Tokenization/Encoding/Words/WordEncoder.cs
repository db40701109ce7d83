// The word model: one piece a word. There is nothing to search; what a word outside the vocabulary becomes is the sink's work.
// Source: SentencePiece's word model.
namespace GruLM.Tokenization;

/// <summary>One piece a word; a word begins at each U+2581.</summary>
internal sealed class WordEncoder(Vocabulary vocabulary) : PieceEncoder(vocabulary)
{
    /// <inheritdoc/>
    public override void Encode(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch)
    {
        ReadOnlySpan<byte> text = window.Bytes.AsSpan(0, length);
        for (int i = 0; i < length;)
        {
            // A word is as long as up to the next symbol that starts on a character boundary; in well-formed text every match does.
            int next = i + Utf8Bytes.CharLength(text[i..]);
            int found = next < length ? text[next..].IndexOf(Utf8Bytes.SpaceSymbol) : -1;
            int end = found < 0 ? length : next + found;
            sink.Add(CharEncoder.FinalId(Vocabulary, text[i..end]), i, end - i);
            i = end;
        }
    }

    /// <inheritdoc/>
    protected override bool IsCut(ReadOnlySpan<byte> text, int left, int right) => text[right..].StartsWith(Utf8Bytes.SpaceSymbol);
}
