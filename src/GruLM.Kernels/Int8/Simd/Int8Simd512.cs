// Bytes in vectors of 512 bits: sixteen rows, as Int8Simd128.cs has it for x86. There is no instruction here that hands signs over, so that
// weights are negated under a mask.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Sixteen rows: AVX-512 without VNNI.</summary>
internal readonly struct Int8Simd512 : IInt8Simd<Vector512<int>>
{
    /// <inheritdoc/>
    public static int Rows => 16;

    /// <inheritdoc/>
    public static byte Bias => 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<int> Broadcast(byte* activations) => Vector512.Create(*(int*)activations);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Magnitudes(Vector512<int> activations) => Avx512BW.Abs(activations.AsSByte()).AsInt32();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<int> Dot(Vector512<int> sums, sbyte* weights, Vector512<int> activations, Vector512<int> magnitudes)
    {
        var w = Vector512.Load(weights);
        var isNegative = Vector512.LessThan(activations.AsSByte(), Vector512<sbyte>.Zero);
        var signed = Vector512.ConditionalSelect(isNegative, Vector512<sbyte>.Zero - w, w);
        Vector512<short> pairs = Avx512BW.MultiplyAddAdjacent(magnitudes.AsByte(), signed);
        return sums + Avx512BW.MultiplyAddAdjacent(pairs, Vector512<short>.One);
    }
}
