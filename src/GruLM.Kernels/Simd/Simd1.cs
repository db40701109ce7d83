// Vectors of one float: the scalar path, written with the same loops as all others, which every other path is compared with. Each width
// has such a struct; the JIT and the AOT compiler specialise generic code over them, so nothing of the abstraction is left at run time.

namespace GruLM.Kernels;

/// <summary>One float: plain scalar code.</summary>
internal readonly struct Simd1 : ISimd<float>
{
    /// <inheritdoc/>
    public static int Width => 1;

    /// <inheritdoc/>
    public static int TileRows => 4;

    /// <inheritdoc/>
    public static float Zero => 0;

    /// <inheritdoc/>
    public static unsafe float Load(float* source) => *source;

    /// <inheritdoc/>
    public static unsafe void Store(float* destination, float value) => *destination = value;

    /// <inheritdoc/>
    public static float Splat(float value) => value;

    /// <inheritdoc/>
    public static float Add(float a, float b) => a + b;

    /// <inheritdoc/>
    public static float Subtract(float a, float b) => a - b;

    /// <inheritdoc/>
    public static float Multiply(float a, float b) => a * b;

    /// <inheritdoc/>
    public static float Divide(float a, float b) => a / b;

    /// <inheritdoc/>
    public static float MultiplyAdd(float a, float b, float c) => (a * b) + c;

    /// <inheritdoc/>
    public static float Max(float a, float b) => a > b ? a : b;

    /// <inheritdoc/>
    public static float Min(float a, float b) => a < b ? a : b;

    /// <inheritdoc/>
    public static float Abs(float a) => MathF.Abs(a);

    /// <inheritdoc/>
    public static float Sqrt(float a) => MathF.Sqrt(a);

    /// <inheritdoc/>
    public static float SelectLess(float a, float b, float yes, float no) => a < b ? yes : no;

    /// <inheritdoc/>
    public static float PowerOfTwo(float shifted) => BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(shifted) + 127) << 23);

    /// <inheritdoc/>
    public static unsafe float LoadWhole(int* source) => *source;

    /// <inheritdoc/>
    public static unsafe void StoreWhole(int* destination, float value) => *destination = (int)value;

    /// <inheritdoc/>
    public static unsafe void StoreLowBytes(byte* destination, float value) => *destination = (byte)BitConverter.SingleToInt32Bits(value);

    /// <inheritdoc/>
    public static float Sum(float a) => a;

    /// <inheritdoc/>
    public static unsafe void StoreSums(float* destination, float a, float b, float c, float d) =>
        (destination[0], destination[1], destination[2], destination[3]) = (a, b, c, d);

    /// <inheritdoc/>
    public static float MaxLane(float a) => a;
}
