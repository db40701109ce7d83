// Merging goes through unused pieces as through all others, so that used ones behind them can be reached; where one is left at the end, it
// is split again into what it was last proposed from.
// Source: SentencePiece's BPE model, which is followed to the letter.
namespace GruLM.Tokenization;

/// <summary>The two symbols a piece was joined from, and the bytes of the left one.</summary>
internal readonly record struct SymbolSplit(int Left, int Right, int LeftLength);

/// <summary>What the unused pieces of one text were joined from.</summary>
internal sealed class UnusedSplits(Vocabulary vocabulary)
{
    private readonly Dictionary<int, SymbolSplit> _splits = [];

    /// <summary>Notes from what a piece would be joined, if it is an unused one.</summary>
    public void Note(int piece, SymbolSplit split)
    {
        if (vocabulary.Types[piece] == PieceType.Unused)
        {
            _splits[piece] = split;
        }
    }

    /// <summary>What an unused piece is to be split into; false for every other symbol.</summary>
    public bool TryGet(int symbol, out SymbolSplit split)
    {
        split = default;
        return symbol != BpeSymbolTable.Unlisted && symbol < vocabulary.Count && vocabulary.Types[symbol] == PieceType.Unused
            && _splits.TryGetValue(symbol, out split);
    }
}
