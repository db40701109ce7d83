// exp, sigmoid and tanh of every width against double precision, over the whole range and at its ends.

using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public unsafe class VectorMathTests
{
    [Fact]
    public void Scalar_functions_are_accurate() => Check<Simd1, float>();

    [Fact]
    public void Functions_of_128_bits_are_accurate() => Check<Simd128, Vector128<float>>();

    [Fact]
    public void Functions_of_256_bits_are_accurate() => Check<Simd256, Vector256<float>>();

    [Fact]
    public void Functions_of_512_bits_are_accurate()
    {
        Assert.SkipUnless(Avx512F.IsSupported, "this processor has no AVX-512");
        Check<Simd512, Vector512<float>>();
    }

    private static void Check<S, V>()
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        for (int i = -40_000; i <= 40_000; i++)
        {
            float x = i * 0.002173f;
            Relative(Math.Exp(x), First<S, V>(VectorMath<S, V>.Exp(S.Splat(x))), 3e-7, x);
            Relative(1 / (1 + Math.Exp(-x)), First<S, V>(VectorMath<S, V>.Sigmoid(S.Splat(x))), 3e-7, x);
            Relative(Math.Tanh(x), First<S, V>(VectorMath<S, V>.Tanh(S.Splat(x))), 4e-7, x);
        }

        Assert.Equal(1, First<S, V>(VectorMath<S, V>.Tanh(S.Splat(500))));
        Assert.Equal(-1, First<S, V>(VectorMath<S, V>.Tanh(S.Splat(-500))));
        Assert.Equal(1, First<S, V>(VectorMath<S, V>.Sigmoid(S.Splat(500))));
        Assert.InRange(First<S, V>(VectorMath<S, V>.Sigmoid(S.Splat(-500))), 0, 1e-37f);
        Assert.True(float.IsNaN(First<S, V>(VectorMath<S, V>.Exp(S.Splat(float.NaN)))));
        Assert.True(float.IsNaN(First<S, V>(VectorMath<S, V>.Sigmoid(S.Splat(float.NaN)))));
        Assert.True(float.IsNaN(First<S, V>(VectorMath<S, V>.Tanh(S.Splat(float.NaN)))));
        Assert.Equal(0, First<S, V>(VectorMath<S, V>.Tanh(S.Splat(0))));
    }

    private static void Relative(double expected, float actual, double tolerance, float x)
    {
        if (Math.Abs(actual - expected) > tolerance * Math.Abs(expected)) Assert.Fail($"at {x}: {actual} for {expected}");
    }

    private static float First<S, V>(V value)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        float* lanes = stackalloc float[16];
        S.Store(lanes, value);
        for (int i = 1; i < S.Width; i++) Assert.Equal(lanes[0], lanes[i]);
        return lanes[0];
    }
}
