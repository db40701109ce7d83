// What the four models have in common for cutting normalised text: where a text can be cut for certain, so that it passes through a window
// in parts that do not influence each other. A cut lies between two characters that stand side by side in no piece of the vocabulary:
// no piece can cover both, whatever the scores.
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>Cuts normalised text into pieces.</summary>
internal abstract class PieceEncoder
{
    // The other pairs of characters that stand side by side in some piece, a bit each by their hash: a few more may have it set.
    private const int OtherPairBits = 18;
    private readonly ulong[] _otherPairs = new ulong[1 << (OtherPairBits - 6)];

    /// <summary>Indexes the neighbours inside the vocabulary's ordinary pieces.</summary>
    protected PieceEncoder(Vocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (!vocabulary.IsOrdinary(id))
            {
                continue;
            }

            ReadOnlySpan<byte> piece = vocabulary.BytesOf(id);
            uint previous = 0;
            for (int i = 0; i < piece.Length;)
            {
                int length = Utf8Bytes.CharLength(piece[i..]);
                uint current = Pack(piece.Slice(i, length));
                if (i > 0)
                {
                    AddPair(previous, current);
                }

                previous = current;
                i += length;
            }
        }
    }

    /// <summary>The pairs of ASCII characters that stand side by side in some piece: a bit each, two words a left character.</summary>
    protected ulong[] AsciiPairs { get; } = new ulong[256];

    /// <summary>The vocabulary.</summary>
    protected Vocabulary Vocabulary { get; }

    /// <summary>True where parts may not be encoded on their own, so that a whole text must be in the window.</summary>
    public virtual bool NeedsWholeText => false;

    /// <summary>Encodes the window's first <paramref name="length"/> bytes, a part that begins and ends at a cut or at an end of the
    /// text.</summary>
    public abstract void Encode(NormalizedText window, int length, PieceSink sink, EncoderScratch scratch);

    /// <summary>The end of the longest part of the window that can be encoded already: the last cut before its trailing spaces, 0 where
    /// there is none.</summary>
    public int LastCut(ReadOnlySpan<byte> text, ReadOnlySpan<byte> trailing)
    {
        while (text.EndsWith(trailing))
        {
            text = text[..^trailing.Length];
        }
        // The last character may still be cut off, so the search begins at the pair before it.
        int right = PreviousStart(text, text.Length);
        while (right > 0)
        {
            int left = PreviousStart(text, right);
            if (left >= 0 && right < text.Length && IsCut(text, left, right))
            {
                return right;
            }

            right = left;
        }

        return 0;
    }

    /// <summary>True where no piece covers the characters at <paramref name="left"/> and <paramref name="right"/>, which are
    /// neighbours.</summary>
    protected virtual bool IsCut(ReadOnlySpan<byte> text, int left, int right)
    {
        uint a = Pack(text[left..right]);
        uint b = Pack(text.Slice(right, Utf8Bytes.CharLength(text[right..])));
        return !MayJoin(a, b);
    }

    /// <summary>False where no piece has these two characters, packed, side by side. What is true of few others is told of them
    /// too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected bool MayJoin(uint left, uint right) => (left | right) < 128
        ? (AsciiPairs[(left << 1) | (right >> 6)] >> (int)(right & 63) & 1) != 0
        : (_otherPairs[Place(left, right) >> 6] >> (Place(left, right) & 63) & 1) != 0;

    /// <summary>The bytes of one character as a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Pack(ReadOnlySpan<byte> character)
    {
        uint packed = 0;
        foreach (byte b in character)
        {
            packed = (packed << 8) | b;
        }

        return packed;
    }

    /// <summary>Notes that some piece has these two characters side by side.</summary>
    protected virtual void AddPair(uint left, uint right)
    {
        if ((left | right) < 128)
        {
            AsciiPairs[(left << 1) | (right >> 6)] |= 1UL << (int)(right & 63);
        }
        else
        {
            _otherPairs[Place(left, right) >> 6] |= 1UL << (Place(left, right) & 63);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Place(uint left, uint right) => (int)(((ulong)left << 32 | right) * 0x9E3779B97F4A7C15 >> (64 - OtherPairBits));

    private static int PreviousStart(ReadOnlySpan<byte> text, int end)
    {
        int start = end - 1;
        // Lead bytes are recognised backwards because normalised text is well formed; stray trail bytes only make a part longer.
        while (start > 0 && (text[start] & 0xC0) == 0x80)
        {
            start--;
        }

        return start;
    }
}
