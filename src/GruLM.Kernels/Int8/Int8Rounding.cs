// How numbers become bytes: with one scale for all of them, the largest magnitude being 127, or with a scale that is fixed. Defined in
// docs/int8.md, operation by operation: the bits are the same on every machine.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>From float32 to int8. Thread-safe: it has no state.</summary>
internal static unsafe class Int8Rounding
{
    /// <summary>The largest byte; −127 is the smallest.</summary>
    public const float Most = 127;

    /// <summary>What a unit of a state is worth: states lie in [−1, 1].</summary>
    public const float StateScale = 1 / Most;

    /// <summary>Largest magnitudes below this count as zero, which keeps 127 divided by one finite: 2^−100.</summary>
    public const float Least = 7.8886090522101181e-31f;

    // Adding it leaves a number rounded to a whole one in the lowest bits: 1.5 · 2^23.
    private const float Shift = 12582912f;

    /// <summary>Makes bytes of a row of weights, and returns what a unit is worth; what <paramref name="bytes"/> has more gets
    /// zero.</summary>
    public static float Row(ReadOnlySpan<float> numbers, Span<sbyte> bytes)
    {
        bytes.Clear();
        float most = 0;
        foreach (float number in numbers) most = Math.Max(most, Math.Abs(number));
        if (most < Least) return 0;
        float units = Most / most;
        for (int i = 0; i < numbers.Length; i++)
        {
            float scaled = Math.Clamp(numbers[i] * units, -Most, Most);
            bytes[i] = (sbyte)(byte)BitConverter.SingleToInt32Bits(scaled + Shift);
        }

        return most / Most;
    }

    /// <summary>Makes bytes of a state of <paramref name="count"/> numbers, padded with numbers that may be anything to a multiple of the
    /// vector; <paramref name="bias"/> is added to each. A unit is worth <see cref="StateScale"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void State<S, V>(float* state, int count, byte bias, byte* bytes)
        where S : struct, ISimd<V>
        where V : unmanaged => Scaled<S, V>(state, count, Most, bias, bytes);

    /// <summary>The same for numbers of any size, and returns what a unit is worth: the largest magnitude becomes 127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Any<S, V>(float* numbers, int count, byte bias, byte* bytes)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        V most = S.Zero;
        int j = 0;
        for (; j + S.Width <= count; j += S.Width) most = S.Max(most, S.Abs(S.Load(numbers + j)));
        float largest = S.MaxLane(most);
        for (; j < count; j++) largest = Math.Max(largest, Math.Abs(numbers[j]));
        bool isZero = largest < Least;
        Scaled<S, V>(numbers, count, isZero ? 0 : Most / largest, bias, bytes);
        return isZero ? 0 : largest / Most;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scaled<S, V>(float* numbers, int count, float units, byte bias, byte* bytes)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        // The bias is a whole number, and the bits above the lowest byte are not stored.
        V factor = S.Splat(units), most = S.Splat(Most), least = S.Splat(-Most), shift = S.Splat(Shift + bias);
        for (int j = 0; j < count; j += S.Width)
        {
            V scaled = S.Max(least, S.Min(most, S.Multiply(S.Load(numbers + j), factor)));
            S.StoreLowBytes(bytes + j, S.Add(scaled, shift));
        }
    }
}
