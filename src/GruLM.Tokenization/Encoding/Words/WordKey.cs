// A short word in the form in which the cache of words hashes and compares it: two vectors instead of a loop over bytes.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GruLM.Tokenization;

/// <summary>A short word as two vectors padded with zeros, its length and its hash.</summary>
internal readonly struct WordKey
{
    /// <summary>How many bytes must be readable from a word's start.</summary>
    public const int Readable = 32;

    // Sixteen bytes from place 16 - n on keep n bytes and clear the others.
    private static ReadOnlySpan<byte> Masks =>
    [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>The first 16 bytes, and the next 16 of a word that is longer.</summary>
    public readonly Vector128<byte> First, Second;

    /// <summary>The length in bytes.</summary>
    public readonly int Length;

    /// <summary>A hash of the word.</summary>
    public readonly uint Hash;

    /// <summary>Packs a word of at most <see cref="WordCache.MaxWord"/> bytes; <see cref="Readable"/> bytes from its start must lie in the
    /// array.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WordKey(byte[] text, int start, int length)
    {
        ref byte word = ref text.AsSpan(start, Readable)[0];
        Length = length;
        First = Vector128.LoadUnsafe(ref word) & Mask(Math.Min(length, 16));
        ulong h = (First.AsUInt64().ToScalar() ^ (uint)length) * 0x9FB21C651E98DF25;
        h = ((h ^ (h >> 32)) + First.AsUInt64().GetElement(1)) * 0xD6E8FEB86659FD93;
        if (length > 16)
        {
            Second = Vector128.LoadUnsafe(ref word, 16) & Mask(length - 16);
            h = ((h ^ (h >> 32)) + Second.AsUInt64().ToScalar() + (Second.AsUInt64().GetElement(1) * 31)) * 0x9FB21C651E98DF25;
        }

        Hash = (uint)(h >> 32);
    }

    /// <summary>True for the same bytes; <see cref="Readable"/> bytes are read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Matches(ref int stored) => (Vector128.LoadUnsafe(ref stored).AsByte() & Mask(Math.Min(Length, 16))) == First
        && (Length <= 16 || (Vector128.LoadUnsafe(ref stored, 4).AsByte() & Mask(Length - 16)) == Second);

    /// <summary>Writes the bytes.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        Span<byte> padded = stackalloc byte[Readable];
        First.CopyTo(padded);
        Second.CopyTo(padded[16..]);
        padded[..Length].CopyTo(bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Mask(int keep) => Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(Masks), (nuint)(16 - keep));
}
