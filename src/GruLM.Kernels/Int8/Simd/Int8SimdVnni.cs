// Bytes in vectors of 256 bits with AVX-VNNI, which multiplies numbers without a sign by numbers with one and adds up four products.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Eight rows: AVX-VNNI.</summary>
internal readonly struct Int8SimdVnni : IInt8Simd<Vector256<int>>
{
    /// <inheritdoc/>
    public static int Rows => 8;

    /// <inheritdoc/>
    public static byte Bias => 128;

    /// <inheritdoc/>
    public static Vector256<int> Zero => Vector256<int>.Zero;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<int> Load(int* source) => Vector256.Load(source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(int* destination, Vector256<int> value) => value.Store(destination);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<int> Broadcast(byte* activations) => Vector256.Create(*(int*)activations);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Magnitudes(Vector256<int> activations) => activations;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<int> Dot(Vector256<int> sums, sbyte* weights, Vector256<int> activations, Vector256<int> magnitudes) =>
        AvxVnni.MultiplyWideningAndAdd(sums, activations.AsByte(), Vector256.Load(weights));
}
