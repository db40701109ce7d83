// The logarithm, with the same bits everywhere, as ExactMath.cs has it for other functions: mantissa and exponent, and a polynomial for the
// mantissa between √½ and √2.
// Source: the Cephes library, logf.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>The natural logarithm of a float. Thread-safe: it has no state.</summary>
internal static class ExactLog
{
    private const int MantissaBits = 23, ExponentOfHalf = 126, BitsOfHalf = 0x3F000000, MantissaMask = 0x7FFFFF;
    private const float SquareRootOfHalf = 0.707106781f;

    /// <summary>ln x for a positive normal number; −∞ for all below, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(float x)
    {
        if (!(x >= 1.17549435e-38f)) return float.IsNaN(x) ? x : float.NegativeInfinity;
        int bits = BitConverter.SingleToInt32Bits(x);
        int exponent = (bits >> MantissaBits) - ExponentOfHalf;
        float m = BitConverter.Int32BitsToSingle((bits & MantissaMask) | BitsOfHalf);
        if (m < SquareRootOfHalf)
        {
            exponent--;
            m += m;
        }

        m -= 1;
        float square = m * m, p = 7.0376836292e-2f;
        p = (p * m) - 1.1514610310e-1f;
        p = (p * m) + 1.1676998740e-1f;
        p = (p * m) - 1.2420140846e-1f;
        p = (p * m) + 1.4249322787e-1f;
        p = (p * m) - 1.6668057665e-1f;
        p = (p * m) + 2.0000714765e-1f;
        p = (p * m) - 2.4999993993e-1f;
        p = (p * m) + 3.3333331174e-1f;
        float y = p * m * square;
        float e = exponent;
        y += e * -2.12194440e-4f;
        y -= 0.5f * square;
        return m + y + (e * 0.693359375f);
    }
}
