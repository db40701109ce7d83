// The char model: one piece a character or user-defined symbol. There is nothing to search; what a piece outside the vocabulary becomes is
// the sink's work.
// Source: SentencePiece's character model.
namespace GruLM.Tokenization;

/// <summary>One piece a character or user-defined symbol.</summary>
internal sealed class CharEncoder : PieceEncoder
{
    private readonly PieceTrie? _symbols;
    private readonly Dictionary<uint, int> _ids = [];

    /// <summary>Indexes the single characters.</summary>
    public CharEncoder(Vocabulary vocabulary)
        : base(vocabulary)
    {
        _symbols = SymbolTrie(vocabulary);
        for (int id = vocabulary.Count - 1; id >= 0; id--)
        {
            ReadOnlySpan<byte> piece = vocabulary.BytesOf(id);
            if (Utf8Bytes.CharLength(piece) == piece.Length)
            {
                _ids[Pack(piece)] = FinalId(vocabulary, piece);
            }
        }
    }

    /// <inheritdoc/>
    public override void Encode(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch)
    {
        ReadOnlySpan<byte> text = window.Bytes.AsSpan(0, length);
        for (int i = 0; i < length;)
        {
            int symbol = _symbols?.LongestPrefix(text[i..], out _) ?? 0;
            int step = symbol > 0 ? symbol : Utf8Bytes.CharLength(text[i..]);
            int id = symbol > 0
                ? FinalId(Vocabulary, text.Slice(i, step))
                : _ids.GetValueOrDefault(Pack(text.Slice(i, step)), Vocabulary.UnkId);
            sink.Add(id, i, step);
            i += step;
        }
    }

    /// <summary>The trie of user-defined symbols; null where there are none.</summary>
    internal static PieceTrie? SymbolTrie(Vocabulary vocabulary)
    {
        var entries = new List<(byte[], int)>();
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.Types[id] == PieceType.UserDefined)
            {
                entries.Add((vocabulary.BytesOf(id).ToArray(), id));
            }
        }

        return entries.Count == 0 ? null : PieceTrie.Create(entries);
    }

    /// <summary>
    /// What a stretch of text is output as: a reserved piece of that text wins over an ordinary one. A control piece can not come from
    /// text, so where one is named like it the text is unknown (the reference fails there).
    /// </summary>
    internal static int FinalId(Vocabulary vocabulary, ReadOnlySpan<byte> text) =>
        vocabulary.TryGetId(text, out int id) && vocabulary.Types[id] != PieceType.Control ? id : vocabulary.UnkId;
}
