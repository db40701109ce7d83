// Lanes of a vector as bits: which of them reach a bound, for loops that look for a few numbers among many, and which of them are taken.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GruLM.Kernels;

/// <summary>Comparisons of vectors <typeparamref name="V"/>, whatever their width. Thread-safe: it has no state.</summary>
internal static class LaneMask<V>
    where V : unmanaged
{
    /// <summary>Bit i is set where lane i of <paramref name="a"/> is at least lane i of <paramref name="b"/>; not where either is not a
    /// number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint AtLeast(V a, V b)
    {
        // The compiler drops all branches but one.
        if (typeof(V) == typeof(Vector512<float>))
        {
            return (uint)Vector512.GreaterThanOrEqual(As<Vector512<float>>(a), As<Vector512<float>>(b)).ExtractMostSignificantBits();
        }

        if (typeof(V) == typeof(Vector256<float>))
        {
            return Vector256.GreaterThanOrEqual(As<Vector256<float>>(a), As<Vector256<float>>(b)).ExtractMostSignificantBits();
        }

        if (typeof(V) == typeof(Vector128<float>))
        {
            return Vector128.GreaterThanOrEqual(As<Vector128<float>>(a), As<Vector128<float>>(b)).ExtractMostSignificantBits();
        }

        return As<float>(a) >= As<float>(b) ? 1u : 0;
    }

    /// <summary>Lane i of <paramref name="yes"/> where bit i is set, elsewhere of <paramref name="no"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Select(uint bits, V yes, V no)
    {
        if (typeof(V) == typeof(Vector512<float>))
        {
            var lanes = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
            Vector512<float> taken = Vector512.Equals(Vector512.Create(bits) & lanes, lanes).AsSingle();
            return To(Vector512.ConditionalSelect(taken, As<Vector512<float>>(yes), As<Vector512<float>>(no)));
        }

        if (typeof(V) == typeof(Vector256<float>))
        {
            var lanes = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
            Vector256<float> taken = Vector256.Equals(Vector256.Create(bits) & lanes, lanes).AsSingle();
            return To(Vector256.ConditionalSelect(taken, As<Vector256<float>>(yes), As<Vector256<float>>(no)));
        }

        if (typeof(V) == typeof(Vector128<float>))
        {
            var lanes = Vector128.Create(1u, 2, 4, 8);
            Vector128<float> taken = Vector128.Equals(Vector128.Create(bits) & lanes, lanes).AsSingle();
            return To(Vector128.ConditionalSelect(taken, As<Vector128<float>>(yes), As<Vector128<float>>(no)));
        }

        return (bits & 1) != 0 ? yes : no;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V To<T>(T value)
        where T : unmanaged => Unsafe.As<T, V>(ref value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T As<T>(V value)
        where T : unmanaged => Unsafe.As<V, T>(ref value);
}
