// BPE on a whole text as one stretch: what unused pieces and dropout need, since with them a word's cut can depend on what stands around
// it.
// Source: Provilkov et al. 2020 (BPE-dropout); SentencePiece's BPE model.
namespace GruLM.Tokenization;

/// <summary>Cuts a whole normalised text with a BPE model.</summary>
internal readonly struct BpeWholeText(Vocabulary vocabulary, BpeSymbolTable table, EncoderScratch scratch)
{
    /// <summary>Cuts the window's first <paramref name="length"/> bytes.</summary>
    public void Encode(NormalizedText window, int length, PieceSink sink, BpeDropout? dropout)
    {
        int count = ReadSymbols(window.Bytes.AsSpan(0, length));
        if (count == 0)
        {
            return;
        }

        UnusedSplits? splits = vocabulary.HasUnused ? new UnusedSplits(vocabulary) : null;
        new HeapMerge(table, scratch) { Frozen = scratch.Frozen, Dropout = dropout, Splits = splits }.Run(count);
        for (int i = 0; i >= 0; i = scratch.Next[i])
        {
            Output(scratch.Symbols[i], scratch.Begins[i], scratch.Lengths[i], splits, sink);
        }
    }

    /// <summary>Reads the text's symbols and what each joins to with the next; returns how many there are.</summary>
    private int ReadSymbols(ReadOnlySpan<byte> text)
    {
        int count = 0;
        for (int i = 0; i < text.Length; count++)
        {
            if (count == scratch.Symbols.Length)
            {
                scratch.GrowSymbols();
            }

            scratch.Symbols[count] = table.NextSymbol(text[i..], out int size, out scratch.Frozen[count]);
            scratch.Begins[count] = i;
            scratch.Lengths[count] = size;
            i += size;
        }

        for (int i = 0; i + 1 < count; i++)
        {
            int left = scratch.Symbols[i], right = scratch.Symbols[i + 1];
            bool mayJoin = !scratch.Frozen[i] && !scratch.Frozen[i + 1] && left != BpeSymbolTable.Unlisted
                && right != BpeSymbolTable.Unlisted;
            scratch.Next[i] = mayJoin ? table.Merges.Find((uint)left, (uint)right) : PairTable.Missing;
        }

        return count;
    }

    private void Output(int symbol, int begin, int length, UnusedSplits? splits, PieceSink sink)
    {
        if (splits is not null && splits.TryGet(symbol, out SymbolSplit split) && table.FinalIds[symbol] == symbol)
        {
            Output(split.Left, begin, split.LeftLength, splits, sink);
            Output(split.Right, begin + split.LeftLength, length - split.LeftLength, splits, sink);
            return;
        }

        sink.Add(symbol == BpeSymbolTable.Unlisted ? vocabulary.UnkId : table.FinalIds[symbol], begin, length);
    }
}
