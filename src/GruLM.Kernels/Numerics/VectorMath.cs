// Elementary functions on vectors: exp, sigmoid, tanh. Written once for every width.
// exp: Cody-Waite reduction and a degree-7 polynomial (about 1 ulp); tanh: an odd rational-free polynomial near
// zero (Cephes tanhf) and 1 - 2 / (exp(2x) + 1) elsewhere. NaN stays NaN, so that a diverging run is seen.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Elementary functions for the vector width <typeparamref name="S"/>; absolute or relative error below 2e-7.</summary>
internal static class VectorMath<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>e^x; inputs are clamped to the range whose result is a normal float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp(V x)
    {
        // x comes second: what is not a number stays so.
        x = S.Min(S.Splat(88.37f), S.Max(S.Splat(-87.33f), x));

        // n = round(x / ln 2) by adding and taking away 1.5 * 2^23, whose unit in the last place is 1.
        V shifted = S.MultiplyAdd(x, S.Splat(1.44269504f), S.Splat(12582912f));
        V n = S.Subtract(shifted, S.Splat(12582912f));
        V r = S.MultiplyAdd(n, S.Splat(-0.693359375f), x);
        r = S.MultiplyAdd(n, S.Splat(2.12194440e-4f), r);
        V p = S.MultiplyAdd(r, S.Splat(1.9875691500e-4f), S.Splat(1.3981999507e-3f));
        p = S.MultiplyAdd(p, r, S.Splat(8.3334519073e-3f));
        p = S.MultiplyAdd(p, r, S.Splat(4.1665795894e-2f));
        p = S.MultiplyAdd(p, r, S.Splat(1.6666665459e-1f));
        p = S.MultiplyAdd(p, r, S.Splat(5.0000001201e-1f));
        p = S.MultiplyAdd(p, S.Multiply(r, r), S.Add(r, S.Splat(1f)));
        return S.Multiply(p, S.PowerOfTwo(shifted));
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid(V x)
    {
        V one = S.Splat(1f);
        return S.Divide(one, S.Add(one, Exp(S.Subtract(S.Zero, x))));
    }

    /// <summary>The hyperbolic tangent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh(V x)
    {
        V one = S.Splat(1f);
        V far = S.Subtract(one, S.Divide(S.Splat(2f), S.Add(Exp(S.Add(x, x)), one)));
        V square = S.Multiply(x, x);
        V p = S.MultiplyAdd(square, S.Splat(-5.70498872745e-3f), S.Splat(2.06390887954e-2f));
        p = S.MultiplyAdd(p, square, S.Splat(-5.37397155531e-2f));
        p = S.MultiplyAdd(p, square, S.Splat(1.33314422036e-1f));
        p = S.MultiplyAdd(p, square, S.Splat(-3.33332819422e-1f));
        V near = S.MultiplyAdd(S.Multiply(p, square), x, x);
        return S.SelectLess(S.Abs(x), S.Splat(0.625f), near, far);
    }
}
