// The symbols of a BPE training: characters and pairs, found by a fingerprint of how they were put together, each with the places where it
// stands. Places and frequencies are kept lazily: a frequency is only counted again when it was set to zero, and only then do places that
// no longer hold go. Source: SentencePiece's BPE trainer; the fingerprint is Bob Jenkins's 64-bit mix.
using System.Runtime.InteropServices;

namespace GruLM.Tokenization;

/// <summary>Symbols as parallel arrays.</summary>
internal sealed class BpeSymbols(PieceRules rules)
{
    private const int Invalid = -1;

    private readonly FingerprintMap _byFingerprint = new();
    private ulong[] _fingerprints = new ulong[1024];
    private int[] _textStarts = new int[1025];
    private readonly List<int> _text = [];
    private int[] _scratch = new int[64];

    /// <summary>The two halves; -1 for characters.</summary>
    public int[] Left = new int[1024], Right = new int[1024];
    /// <summary>How often the symbol stands; 0 where it has to be counted.</summary>
    public long[] Frequency = new long[1024];
    /// <summary>Where the left halves stand.</summary>
    public PositionSet[] Positions = new PositionSet[1024];

    /// <summary>The reference's iteration order over the symbols that still can be found.</summary>
    public FingerprintOrder Order { get; } = new();

    /// <summary>How many symbols were ever made.</summary>
    public int Count { get; private set; }

    /// <summary>The number of the symbol that stands for masked characters, -1 where there is none.</summary>
    public int UnknownSymbol { get; private set; } = -1;

    /// <summary>A symbol's code points.</summary>
    public ReadOnlySpan<int> TextOf(int symbol) =>
        CollectionsMarshal.AsSpan(_text)[_textStarts[symbol].._textStarts[symbol + 1]];

    /// <summary>A symbol's length in characters.</summary>
    public int LengthOf(int symbol) => _textStarts[symbol + 1] - _textStarts[symbol];

    /// <summary>The symbol of a character.</summary>
    public int OfCharacter(int scalar)
    {
        int symbol = _byFingerprint.Find((ulong)scalar);
        if (symbol != FingerprintMap.Missing)
        {
            return symbol;
        }

        symbol = Add((ulong)scalar, -1, -1, [scalar]);
        // A character is never a candidate, so its frequency is never looked at.
        if (scalar == PieceRules.Unknown)
        {
            UnknownSymbol = symbol;
        }

        return symbol;
    }

    /// <summary>The symbol two others join to; -1 where they may not.</summary>
    public int OfPair(int left, int right)
    {
        if (left < 0 || right < 0 || left == UnknownSymbol || right == UnknownSymbol)
        {
            return -1;
        }

        ulong fingerprint = Mix(_fingerprints[left], _fingerprints[right]);
        int symbol = _byFingerprint.Find(fingerprint);
        if (symbol != FingerprintMap.Missing)
        {
            return symbol;
        }

        int length = LengthOf(left) + LengthOf(right);
        if (length > _scratch.Length)
        {
            _scratch = new int[length * 2];
        }

        TextOf(left).CopyTo(_scratch);
        TextOf(right).CopyTo(_scratch.AsSpan(LengthOf(left)));
        ReadOnlySpan<int> text = _scratch.AsSpan(0, length);
        if (!rules.IsValid(text))
        {
            _byFingerprint.Set(fingerprint, Invalid);
            return -1;
        }

        return Add(fingerprint, left, right, text);
    }

    /// <summary>Forgets a symbol: the same pair makes a new one later.</summary>
    public void Erase(int symbol)
    {
        _byFingerprint.Set(_fingerprints[symbol], FingerprintMap.Missing);
        Order.Erase(symbol);
    }

    /// <summary>A symbol's text as UTF-8.</summary>
    public byte[] Utf8Of(int symbol)
    {
        var bytes = new List<byte>();
        Span<byte> buffer = stackalloc byte[4];
        foreach (int scalar in TextOf(symbol))
        {
            bytes.AddRange(buffer[..Utf8Bytes.Write(scalar, buffer)]);
        }

        return [.. bytes];
    }

    private int Add(ulong fingerprint, int left, int right, ReadOnlySpan<int> text)
    {
        if (Count == Left.Length)
        {
            int size = Count * 2;
            Array.Resize(ref Left, size);
            Array.Resize(ref Right, size);
            Array.Resize(ref Frequency, size);
            Array.Resize(ref Positions, size);
            Array.Resize(ref _fingerprints, size);
            Array.Resize(ref _textStarts, size + 1);
        }

        int symbol = Count++;
        Left[symbol] = left;
        Right[symbol] = right;
        _fingerprints[symbol] = fingerprint;
        CollectionsMarshal.SetCount(_text, _textStarts[symbol] + text.Length);
        text.CopyTo(CollectionsMarshal.AsSpan(_text)[_textStarts[symbol]..]);
        _textStarts[symbol + 1] = _text.Count;
        _byFingerprint.Set(fingerprint, symbol);
        Order.Insert(symbol, fingerprint);
        return symbol;
    }

    private static ulong Mix(ulong x, ulong y)
    {
        ulong b = 0xE08C1D668B756F82;
        x -= b;
        x -= y;
        x ^= y >> 43;
        b -= y;
        b -= x;
        b ^= x << 9;
        y -= x;
        y -= b;
        y ^= b >> 8;
        x -= b;
        x -= y;
        x ^= y >> 38;
        b -= y;
        b -= x;
        b ^= x << 23;
        y -= x;
        y -= b;
        y ^= b >> 5;
        x -= b;
        x -= y;
        x ^= y >> 35;
        b -= y;
        b -= x;
        b ^= x << 49;
        y -= x;
        y -= b;
        y ^= b >> 11;
        x -= b;
        x -= y;
        x ^= y >> 12;
        b -= y;
        b -= x;
        b ^= x << 18;
        y -= x;
        y -= b;
        y ^= b >> 22;
        return y;
    }
}
