// Which lanes of a vector reach a bound, as bits: what loops need that look for a few numbers among many.

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T As<T>(V value)
        where T : unmanaged => Unsafe.As<V, T>(ref value);
}
