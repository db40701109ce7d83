// bfloat16, the upper half of a float32: conversion and the two rearrangements that products want, pairs and transposed pairs.
// Rounding is to the nearest, ties to even; a NaN stays one (quiet), infinities and signs stay. Denormals are rounded
// like all others here, though the products read them as zero. Leaves out arithmetic: nothing here computes in bfloat16.
// Format: Intel, "BFLOAT16 – Hardware Numerics Definition", 2018.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Conversions between float32 and bfloat16. Counts are in elements; no pointer needs alignment.</summary>
internal static unsafe class Bf16
{
    /// <summary>The bfloat16 nearest to <paramref name="value"/>, ties to even.</summary>
    public static ushort Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The float32 of the same value.</summary>
    public static float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>destination[i] = bfloat16 of source[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Convert(float* source, ushort* destination, int count)
    {
        int i = 0;
        if (Avx512F.IsSupported)
        {
            for (; i + 32 <= count; i += 32)
            {
                Vector512.Narrow(Rounded(Vector512.Load(source + i)) >>> 16, Rounded(Vector512.Load(source + i + 16)) >>> 16)
                    .Store(destination + i);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 16 <= count; i += 16)
            {
                Vector256.Narrow(Rounded(Vector256.Load(source + i)) >>> 16, Rounded(Vector256.Load(source + i + 8)) >>> 16)
                    .Store(destination + i);
            }
        }

        for (; i < count; i++) destination[i] = Round(source[i]);
    }

    /// <summary>destination[i] = the pair (even[i], odd[i]), the even one in the lower half: the order in which a tile holds its right-hand
    /// matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pair(float* even, float* odd, uint* destination, int count)
    {
        int i = 0;
        if (Avx512F.IsSupported)
        {
            for (; i + 16 <= count; i += 16)
            {
                Vector512<uint> low = Rounded(Vector512.Load(even + i)) >>> 16;
                (low | (Rounded(Vector512.Load(odd + i)) & Vector512.Create(0xFFFF0000u))).Store(destination + i);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 8 <= count; i += 8)
            {
                Vector256<uint> low = Rounded(Vector256.Load(even + i)) >>> 16;
                (low | (Rounded(Vector256.Load(odd + i)) & Vector256.Create(0xFFFF0000u))).Store(destination + i);
            }
        }

        for (; i < count; i++) destination[i] = Round(even[i]) | ((uint)Round(odd[i]) << 16);
    }

    /// <summary>destination[j, i] = source[i, j] for pairs: source is [rows, columns], both strides are in pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposePairs(uint* source, nint strideSource, int rows, int columns, uint* destination, nint strideDestination)
    {
        int wholeRows = Sse2.IsSupported ? rows & ~3 : 0, wholeColumns = columns & ~3;
        for (int i = 0; i < wholeRows; i += 4)
        {
            for (int j = 0; j < wholeColumns; j += 4)
            {
                uint* from = source + (i * strideSource) + j;
                var r0 = Vector128.Load(from);
                var r1 = Vector128.Load(from + strideSource);
                var r2 = Vector128.Load(from + (2 * strideSource));
                var r3 = Vector128.Load(from + (3 * strideSource));
                Vector128<ulong> low01 = Sse2.UnpackLow(r0, r1).AsUInt64();
                Vector128<ulong> low23 = Sse2.UnpackLow(r2, r3).AsUInt64();
                Vector128<ulong> high01 = Sse2.UnpackHigh(r0, r1).AsUInt64();
                Vector128<ulong> high23 = Sse2.UnpackHigh(r2, r3).AsUInt64();
                uint* to = destination + (j * strideDestination) + i;
                Sse2.UnpackLow(low01, low23).AsUInt32().Store(to);
                Sse2.UnpackHigh(low01, low23).AsUInt32().Store(to + strideDestination);
                Sse2.UnpackLow(high01, high23).AsUInt32().Store(to + (2 * strideDestination));
                Sse2.UnpackHigh(high01, high23).AsUInt32().Store(to + (3 * strideDestination));
            }
        }

        for (int i = 0; i < rows; i++)
        {
            for (int j = i < wholeRows ? wholeColumns : 0; j < columns; j++)
            {
                destination[(j * strideDestination) + i] = source[(i * strideSource) + j];
            }
        }
    }

    // The rounded number in the upper half of each lane; the lower half is of no meaning.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Rounded(Vector512<float> x)
    {
        Vector512<uint> bits = x.AsUInt32();
        Vector512<uint> rounded = bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.Equals(x, x).AsUInt32(), rounded, bits | Vector512.Create(0x00400000u));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rounded(Vector256<float> x)
    {
        Vector256<uint> bits = x.AsUInt32();
        Vector256<uint> rounded = bits + Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256<uint>.One);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x).AsUInt32(), rounded, bits | Vector256.Create(0x00400000u));
    }
}
