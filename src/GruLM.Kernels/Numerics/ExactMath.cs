// Elementary functions whose bits are the same everywhere: each is a fixed sequence of float32 additions, multiplications and divisions,
// none of them fused, which IEEE 754 defines to the last bit. Written once for every width. docs/int8.md defines them for other
// implementations; VectorMath.cs has those that may differ from path to path, and are a little faster.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Elementary functions for the vector width <typeparamref name="S"/>, the same bits for all; relative or absolute error below
/// 4e-7. Numbers are finite.</summary>
internal static class ExactMath<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // 1.5 · 2^23, whose unit in the last place is 1: adding it rounds to a whole number.
    private const float Shift = 12582912f;

    /// <summary>e^x; inputs are clamped to [−87.33, 88.37].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp(V x)
    {
        x = S.Min(S.Splat(88.37f), S.Max(S.Splat(-87.33f), x));
        V shifted = S.Add(S.Multiply(x, S.Splat(1.44269504f)), S.Splat(Shift));
        V n = S.Subtract(shifted, S.Splat(Shift));
        V r = S.Subtract(x, S.Multiply(n, S.Splat(0.693359375f)));
        r = S.Add(r, S.Multiply(n, S.Splat(2.12194440e-4f)));
        V p = Next(S.Splat(1.9875691500e-4f), r, 1.3981999507e-3f);
        p = Next(p, r, 8.3334519073e-3f);
        p = Next(p, r, 4.1665795894e-2f);
        p = Next(p, r, 1.6666665459e-1f);
        p = Next(p, r, 5.0000001201e-1f);
        p = S.Add(S.Multiply(p, S.Multiply(r, r)), S.Add(r, S.Splat(1f)));
        return S.Multiply(p, S.PowerOfTwo(shifted));
    }

    /// <summary>1 / (1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid(V x)
    {
        V one = S.Splat(1f);
        return S.Divide(one, S.Add(one, Exp(S.Subtract(S.Zero, x))));
    }

    /// <summary>The hyperbolic tangent: an odd polynomial below 0.625, 1 − 2 / (e^2x + 1) elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh(V x)
    {
        V one = S.Splat(1f);
        V far = S.Subtract(one, S.Divide(S.Splat(2f), S.Add(Exp(S.Add(x, x)), one)));
        V square = S.Multiply(x, x);
        V p = Next(S.Splat(-5.70498872745e-3f), square, 2.06390887954e-2f);
        p = Next(p, square, -5.37397155531e-2f);
        p = Next(p, square, 1.33314422036e-1f);
        p = Next(p, square, -3.33332819422e-1f);
        V near = S.Add(S.Multiply(S.Multiply(p, square), x), x);
        return S.SelectLess(S.Abs(x), S.Splat(0.625f), near, far);
    }

    // p · x + next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Next(V p, V x, float next) => S.Add(S.Multiply(p, x), S.Splat(next));
}
