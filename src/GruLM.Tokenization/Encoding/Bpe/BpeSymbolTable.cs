// The symbols of a BPE model and how they join. A pair's joined text depends only on the two symbols, so one table look-up replaces a
// string look-up. Characters that occur in pieces without being one are symbols too, numbered above the vocabulary.
// Built once, then only read, so it is safe to share between threads.
// Source: SentencePiece's BPE model.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>What BPE needs to know of a vocabulary.</summary>
internal sealed class BpeSymbolTable
{
    /// <summary>The symbol of a character that occurs in no piece.</summary>
    public const int Unlisted = -1;

    // The value of two characters that are neighbours in some piece but do not join at once.
    private const int NoMerge = -1;

    private readonly Vocabulary _vocabulary;
    private readonly PieceTrie? _userSymbols;
    private readonly int[] _asciiSymbols = new int[128];
    private readonly PairTable _charSymbols = new();

    /// <summary>Indexes every way in which two symbols join to a piece.</summary>
    public BpeSymbolTable(Vocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _userSymbols = CharEncoder.SymbolTrie(vocabulary);
        Ranks = RankScores(vocabulary.Scores);
        var finalIds = new List<int>(vocabulary.Count);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            finalIds.Add(vocabulary.IsOrdinary(id) ? CharEncoder.FinalId(vocabulary, vocabulary.BytesOf(id)) : id);
        }

        for (int id = 0; id < vocabulary.Count; id++)
        {
            AddCharacters(id, finalIds);
        }

        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.IsOrdinary(id))
            {
                AddMerges(id);
            }
        }

        FinalIds = [.. finalIds];
        for (uint b = 0; b < 128; b++)
        {
            _asciiSymbols[b] = CharSymbol(b);
        }
    }

    /// <summary>What two symbols join to: not negative where they do, negative where they are only neighbours in some piece, missing where
    /// they are not even that.</summary>
    public PairTable Merges { get; } = new();

    /// <summary>By piece: its rank by score, best first; equal scores share a rank.</summary>
    public int[] Ranks { get; }

    /// <summary>By symbol: the id it is output as.</summary>
    public int[] FinalIds { get; }

    /// <summary>The symbol at the start of a text and its size in bytes; user-defined symbols are frozen, they never merge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextSymbol(ReadOnlySpan<byte> text, out int size, out bool frozen)
    {
        if (_userSymbols is not null)
        {
            size = _userSymbols.LongestPrefix(text, out int id);
            if (size > 0)
            {
                frozen = true;
                return id;
            }
        }

        frozen = false;
        if (text[0] < 0x80)
        {
            size = 1;
            return _asciiSymbols[text[0]];
        }

        size = Utf8Bytes.CharLength(text);
        return CharSymbol(PieceEncoder.Pack(text[..size]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int CharSymbol(uint packed)
    {
        int symbol = _charSymbols.Find(packed, 0);
        return symbol == PairTable.Missing ? Unlisted : symbol;
    }

    private void AddCharacters(int id, List<int> finalIds)
    {
        ReadOnlySpan<byte> piece = _vocabulary.BytesOf(id);
        bool single = Utf8Bytes.CharLength(piece) == piece.Length;
        if (!_vocabulary.IsOrdinary(id) && !single)
        {
            return;
        }

        for (int i = 0; i < piece.Length;)
        {
            int size = Utf8Bytes.CharLength(piece[i..]);
            ReadOnlySpan<byte> character = piece.Slice(i, size);
            uint packed = PieceEncoder.Pack(character);
            if (_charSymbols.Find(packed, 0) == PairTable.Missing)
            {
                if (_vocabulary.TryGetOrdinary(character, out int known))
                {
                    _charSymbols.Set(packed, 0, known);
                }
                else
                {
                    _charSymbols.Set(packed, 0, finalIds.Count);
                    finalIds.Add(CharEncoder.FinalId(_vocabulary, character));
                }
            }

            i += size;
        }
    }

    private void AddMerges(int id)
    {
        ReadOnlySpan<byte> piece = _vocabulary.BytesOf(id);
        int first = Utf8Bytes.CharLength(piece);
        uint previous = PieceEncoder.Pack(piece[..first]);
        for (int cut = first; cut < piece.Length;)
        {
            int size = Utf8Bytes.CharLength(piece[cut..]);
            uint current = PieceEncoder.Pack(piece.Slice(cut, size));
            int left = SymbolOf(piece[..cut]), right = SymbolOf(piece[cut..]);
            if (left >= 0 && right >= 0)
            {
                Merges.Set((uint)left, (uint)right, id);
            }

            // Two characters that are neighbours in some piece belong to one part even where they do not join at once.
            uint a = (uint)CharSymbol(previous), b = (uint)CharSymbol(current);
            if (Merges.Find(a, b) == PairTable.Missing)
            {
                Merges.Set(a, b, NoMerge);
            }

            previous = current;
            cut += size;
        }
    }

    private int SymbolOf(ReadOnlySpan<byte> text)
    {
        if (_vocabulary.TryGetOrdinary(text, out int id))
        {
            return id;
        }

        return Utf8Bytes.CharLength(text) == text.Length ? CharSymbol(PieceEncoder.Pack(text)) : Unlisted;
    }

    /// <summary>Ranks by score, best first; equal scores share a rank.</summary>
    private static int[] RankScores(float[] scores)
    {
        int[] order = new int[scores.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        float[] keys = [.. scores.Select(s => s == 0 ? 0f : -s)];
        Array.Sort(keys, order);
        int[] ranks = new int[scores.Length];
        int rank = 0;
        for (int i = 0; i < order.Length; i++)
        {
            if (i > 0 && keys[i] != keys[i - 1])
            {
                rank++;
            }

            ranks[order[i]] = rank;
        }

        return ranks;
    }
}
