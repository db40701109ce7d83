// Inverted dropout between layers (PyTorch's placing): an element is dropped with probability p, the rest are scaled
// by 1 / (1 − p). Which elements is a function of seed, step, layer and position alone.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Masks of one training step, applied forwards and backwards.</summary>
internal static unsafe class Dropout
{
    /// <summary>Draws <paramref name="mask"/> (0 or 1 / (1 − p)) and sets y = mask ⊙ x over <paramref name="length"/> elements (a multiple of 16).</summary>
    public static void Forward(Compute compute, Philox random, double probability, long step, int layer, float* x, float* mask, float* y, long length)
    {
        var job = new MaskJob
        {
            Random = random, Threshold = (uint)Math.Round(probability * 65536), Scale = (float)(1 / (1 - probability)),
            Step = (ulong)step, FirstLane = (ulong)layer << 48, X = x, Mask = mask, Y = y, Length = length,
        };
        compute.Team.Run(ref job, (int)((length + MaskJob.Block - 1) / MaskJob.Block));
    }

    /// <summary>dx = mask ⊙ dx.</summary>
    public static void Backward(Compute compute, float* mask, float* dx, long length)
    {
        var job = new MultiplyJob { Mask = mask, Dx = dx, Length = length };
        compute.Team.Run(ref job, (int)((length + MaskJob.Block - 1) / MaskJob.Block));
    }

    private struct MaskJob : IParallelJob
    {
        public const int Block = 1 << 13;
        public Philox Random;
        public uint Threshold;
        public float Scale;
        public ulong Step, FirstLane;
        public float* X, Mask, Y;
        public long Length;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            long end = Math.Min(Length, (item + 1L) * Block);
            for (long i = (long)item * Block; i < end; i += 8)
            {
                // One draw gives eight 16-bit numbers: p is met to 1 / 65536.
                var (a, b, c, d) = Random.Words(Step, FirstLane + (ulong)(i / 8));
                Apply(i, a);
                Apply(i + 2, b);
                Apply(i + 4, c);
                Apply(i + 6, d);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Apply(long i, uint word)
        {
            float low = (word & 0xFFFF) < Threshold ? 0 : Scale, high = (word >> 16) < Threshold ? 0 : Scale;
            (Mask[i], Mask[i + 1]) = (low, high);
            (Y[i], Y[i + 1]) = (low * X[i], high * X[i + 1]);
        }
    }

    private struct MultiplyJob : IParallelJob
    {
        public float* Mask, Dx;
        public long Length;

        public readonly void Execute(int item, int thread)
        {
            long end = Math.Min(Length, (item + 1L) * MaskJob.Block);
            for (long i = (long)item * MaskJob.Block; i < end; i++) Dx[i] *= Mask[i];
        }
    }
}
