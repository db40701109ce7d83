// Bytes in vectors of 128 bits: four rows. On x86 the product of magnitudes with weights that took over the activations' signs: a pair is
// at most 2 · 127 · 127, so that the 16 bits of multiply-add-adjacent hold it. On Arm products of 16 bits, added in pairs, or the
// instruction for just this where there is one.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Four rows: SSSE3 and NEON.</summary>
internal readonly struct Int8Simd128 : IInt8Simd<Vector128<int>>
{
    /// <summary>Whether this process can run it.</summary>
    public static bool IsSupported => Ssse3.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <inheritdoc/>
    public static int Rows => 4;

    /// <inheritdoc/>
    public static byte Bias => 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector128<int> Broadcast(byte* activations) => Vector128.Create(*(int*)activations);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Magnitudes(Vector128<int> activations) => Vector128.Abs(activations.AsSByte()).AsInt32();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector128<int> Dot(Vector128<int> sums, sbyte* weights, Vector128<int> activations, Vector128<int> magnitudes)
    {
        var w = Vector128.Load(weights);
        Vector128<sbyte> x = activations.AsSByte();
        if (Ssse3.IsSupported)
        {
            Vector128<short> pairs = Ssse3.MultiplyAddAdjacent(magnitudes.AsByte(), Ssse3.Sign(w, x));
            return sums + Sse2.MultiplyAddAdjacent(pairs, Vector128<short>.One);
        }

        if (Dp.IsSupported) return Dp.DotProduct(sums, w, x);
        Vector128<int> low = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningLower(w.GetLower(), x.GetLower()));
        Vector128<int> high = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningUpper(w, x));
        return sums + AdvSimd.Arm64.AddPairwise(low, high);
    }
}
