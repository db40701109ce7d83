// Bytes in vectors of 256 bits: eight rows, as Int8Simd128.cs has it for x86.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Eight rows: AVX2.</summary>
internal readonly struct Int8Simd256 : IInt8Simd<Vector256<int>>
{
    /// <inheritdoc/>
    public static int Rows => 8;

    /// <inheritdoc/>
    public static byte Bias => 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<int> Broadcast(byte* activations) => Vector256.Create(*(int*)activations);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Magnitudes(Vector256<int> activations) => Avx2.Abs(activations.AsSByte()).AsInt32();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<int> Dot(Vector256<int> sums, sbyte* weights, Vector256<int> activations, Vector256<int> magnitudes)
    {
        Vector256<sbyte> signed = Avx2.Sign(Vector256.Load(weights), activations.AsSByte());
        Vector256<short> pairs = Avx2.MultiplyAddAdjacent(magnitudes.AsByte(), signed);
        return sums + Avx2.MultiplyAddAdjacent(pairs, Vector256<short>.One);
    }
}
