// Bytes in plain scalar code: what every other path is compared with.

namespace GruLM.Kernels;

/// <summary>One row: plain scalar code.</summary>
internal readonly struct Int8Simd1 : IInt8Simd<int>
{
    /// <inheritdoc/>
    public static int Rows => 1;

    /// <inheritdoc/>
    public static byte Bias => 0;

    /// <inheritdoc/>
    public static unsafe int Broadcast(byte* activations) => *(int*)activations;

    /// <inheritdoc/>
    public static int Magnitudes(int activations) => 0;

    /// <inheritdoc/>
    public static unsafe int Dot(int sums, sbyte* weights, int activations, int magnitudes) =>
        sums + (weights[0] * (sbyte)activations) + (weights[1] * (sbyte)(activations >> 8)) + (weights[2] * (sbyte)(activations >> 16))
        + (weights[3] * (sbyte)(activations >> 24));
}
