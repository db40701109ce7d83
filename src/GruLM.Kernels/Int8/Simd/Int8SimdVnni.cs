// Bytes in vectors of 256 bits with AVX-VNNI, which multiplies numbers without a sign by numbers with one and adds up four products.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Eight rows: AVX-VNNI.</summary>
internal readonly struct Int8SimdVnni : IInt8Simd<Vector256<int>>
{
    /// <inheritdoc/>
    public static int Rows => Int8Simd256.Rows;

    /// <inheritdoc/>
    public static byte Bias => 128;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<int> Broadcast(byte* activations) => Int8Simd256.Broadcast(activations);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Magnitudes(Vector256<int> activations) => activations;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<int> Dot(Vector256<int> sums, sbyte* weights, Vector256<int> activations, Vector256<int> magnitudes) =>
        AvxVnni.MultiplyWideningAndAdd(sums, activations.AsByte(), Vector256.Load(weights));
}
