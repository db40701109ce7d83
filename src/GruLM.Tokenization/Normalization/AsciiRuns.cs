// Runs of ASCII that normalisation leaves alone, sixteen bytes at a time. A byte's class is looked up by its two halves: the low one picks
// a row of eight bits, the high one a bit in it. A byte may be free only where another ASCII byte follows (a letter before a combining mark
// is not).
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GruLM.Tokenization;

/// <summary>Copies runs of bytes that no rule touches.</summary>
internal sealed class AsciiRuns
{
    /// <summary>Bytes a step looks at; a text must have as many.</summary>
    public const int Width = 16;

    private readonly Vector128<byte> _plain, _plainBeforeAscii;

    /// <summary>Lays out the classes of the 128 ASCII bytes.</summary>
    public AsciiRuns(Func<byte, bool> plain, Func<byte, bool> plainBeforeAscii)
    {
        _plain = Rows(plain);
        _plainBeforeAscii = Rows(plainBeforeAscii);
    }

    /// <summary>
    /// Copies the plain bytes of <paramref name="text"/> from <paramref name="position"/> on, at most <see cref="Width"/>; behind them the
    /// output may hold anything, up to that width. The text's last byte is copied only where it is plain whatever follows.
    /// </summary>
    /// <returns>How many bytes were copied; 0 where the first is not certain to be plain.</returns>
    public int PlainRun(ReadOnlySpan<byte> text, int position, Span<byte> output)
    {
        int count = Math.Min(text.Length - position, Width);
        int from = position + count - Width;
        var bytes = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(text.Slice(from, Width)));
        if (count < Width)
        {
            bytes = Vector128.Shuffle(bytes, Vector128<byte>.Indices + Vector128.Create((byte)(Width - count)));
        }

        Vector128<byte> low = bytes & Vector128.Create((byte)15), high = Vector128.ShiftRightLogical(bytes, 4);
        // Bytes of 128 and more find an empty row.
        var bit = Vector128.Shuffle(Vector128.Create(1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0).AsByte(), high);
        uint others = Vector128.Equals(Vector128.Shuffle(_plain, low) & bit, Vector128<byte>.Zero).ExtractMostSignificantBits();
        uint noLetters = Vector128.Equals(Vector128.Shuffle(_plainBeforeAscii, low) & bit, Vector128<byte>.Zero)
            .ExtractMostSignificantBits();
        uint beforeAscii = ~(bytes.ExtractMostSignificantBits() >> 1) & ((1u << (count - 1)) - 1);
        int run = Math.Min(BitOperations.TrailingZeroCount(others & (noLetters | ~beforeAscii)), count);
        bytes.CopyTo(output);
        return run;
    }

    private static Vector128<byte> Rows(Func<byte, bool> belongs)
    {
        Span<byte> rows = stackalloc byte[Width];
        rows.Clear();
        for (int b = 0; b < 128; b++)
        {
            if (belongs((byte)b))
            {
                rows[b & 15] |= (byte)(1 << (b >> 4));
            }
        }

        return Vector128.Create((ReadOnlySpan<byte>)rows);
    }
}
