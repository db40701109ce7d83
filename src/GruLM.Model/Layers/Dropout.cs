// Inverted dropout: an element is dropped with probability p, the rest are scaled by 1 / (1 − p). Which elements is a function of seed,
// step, place and position alone. Plain (between layers, PyTorch's placing), locked (one mask for all steps of a window), of whole rows.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Masks of one training step, applied forwards and backwards.</summary>
internal static unsafe class Dropout
{
    /// <summary>Draws <paramref name="mask"/> (0 or 1 / (1 − p)) and sets y = mask ⊙ x over <paramref name="length"/> elements (a multiple
    /// of 16). x and y may be the same; the mask lies elsewhere.</summary>
    public static void Forward(Compute compute, DropoutDraw draw, float* x, float* mask, float* y, long length)
    {
        MaskJob job = Job(draw, mask, length);
        job.X = x;
        job.Y = y;
        compute.Team.Run(ref job, (int)((length + MaskJob.Block - 1) / MaskJob.Block));
    }

    /// <summary>dx = mask ⊙ dx over a multiple of 16 elements.</summary>
    public static void Backward(Compute compute, float* mask, float* dx, long length)
    {
        var job = new MultiplyJob { Mask = mask, Dx = dx, Length = length };
        KernelDispatch.Run(compute, job, (int)((length + MaskJob.Block - 1) / MaskJob.Block));
    }

    /// <summary>Draws <paramref name="mask"/> over <paramref name="perStep"/> elements (a multiple of 16) and sets y = mask ⊙ x in each of
    /// <paramref name="steps"/> steps. x and y may be the same.</summary>
    public static void LockedForward(Compute compute, DropoutDraw draw, float* x, float* mask, float* y, long perStep, int steps)
    {
        Draw(compute, draw, mask, perStep);
        var job = new StepsJob { Factors = mask, X = x, Y = y, Length = perStep };
        KernelDispatch.Run(compute, job, steps);
    }

    /// <summary>dx = mask ⊙ dx in each of <paramref name="steps"/> steps.</summary>
    public static void LockedBackward(Compute compute, float* mask, float* dx, long perStep, int steps)
    {
        var job = new StepsJob { Factors = mask, X = dx, Y = dx, Length = perStep };
        KernelDispatch.Run(compute, job, steps);
    }

    /// <summary>The factor of each row: 0 where its id is among those dropped in this step, 1 / (1 − p) elsewhere.</summary>
    public static void DrawRows(DropoutDraw draw, int* ids, int rows, float* factors)
    {
        float scale = (float)(1 / (1 - draw.Probability));
        for (int i = 0; i < rows; i++)
        {
            double drawn = draw.Random.Uniform((ulong)draw.Step, ((ulong)draw.Place << 48) + (uint)ids[i]);
            factors[i] = drawn < draw.Probability ? 0 : scale;
        }
    }

    /// <summary>Scales each of the rows of <paramref name="width"/> elements (a multiple of 16).</summary>
    public static void ScaleRows(Compute compute, float* x, int rows, int width, float* factors)
    {
        var work = new ScaleWork { Factors = factors, X = x, Rows = rows, Width = width };
        KernelDispatch.Run<ScaleWork, int>(compute.Path, work);
    }

    // A mask alone.
    private static void Draw(Compute compute, DropoutDraw draw, float* mask, long length)
    {
        MaskJob job = Job(draw, mask, length);
        compute.Team.Run(ref job, (int)((length + MaskJob.Block - 1) / MaskJob.Block));
    }

    private static MaskJob Job(DropoutDraw draw, float* mask, long length) => new()
    {
        Random = draw.Random,
        Threshold = (uint)Math.Round(draw.Probability * 65536),
        Scale = (float)(1 / (1 - draw.Probability)),
        Step = (ulong)draw.Step,
        FirstLane = (ulong)draw.Place << 48,
        Lanes = draw.Lanes,
        Width = draw.Width,
        Mask = mask,
        Length = length,
    };

    private struct ScaleWork : ISimdWork<int>
    {
        public float* Factors, X;
        public int Rows, Width;

        public readonly int Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            float* x = X;
            for (int i = 0; i < Rows; i++, x += Width)
            {
                V factor = S.Splat(Factors[i]);
                for (int j = 0; j < Width; j += S.Width) S.Store(x + j, S.Multiply(S.Load(x + j), factor));
            }

            return Rows;
        }
    }

    // One step's y = factors ⊙ x.
    private struct StepsJob : ISimdJob
    {
        public float* Factors, X, Y;
        public long Length;

        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            float* x = X + (item * Length), y = Y + (item * Length);
            for (long i = 0; i < Length; i += S.Width) S.Store(y + i, S.Multiply(S.Load(Factors + i), S.Load(x + i)));
        }
    }

    private struct MaskJob : IParallelJob
    {
        public const int Block = 1 << 13;
        public Philox Random;
        public uint Threshold;
        public float Scale;
        public ulong Step, FirstLane;
        public LanePlace Lanes;
        public int Width;
        public float* X, Mask, Y;
        public long Length;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            long end = Math.Min(Length, (item + 1L) * Block);
            for (long i = (long)item * Block; i < end; i += 8)
            {
                // One draw gives eight 16-bit numbers: p is met to 1 / 65536.
                (uint a, uint b, uint c, uint d) = Random.Words(Step, FirstLane + (ulong)(InWholeBatch(i) / 8));
                Apply(i, a);
                Apply(i + 2, b);
                Apply(i + 4, c);
                Apply(i + 6, d);
            }
        }

        // Where number i stands in the batch that all processes share: [T, all lanes, width]. Eight in a row are of one lane.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly long InWholeBatch(long i)
        {
            if (Lanes.All == 0) return i;
            long row = i / Width, step = row / Lanes.Lanes, lane = row % Lanes.Lanes;
            return (((step * Lanes.All) + Lanes.First + lane) * Width) + (i % Width);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Apply(long i, uint word)
        {
            float low = (word & 0xFFFF) < Threshold ? 0 : Scale, high = (word >> 16) < Threshold ? 0 : Scale;
            (Mask[i], Mask[i + 1]) = (low, high);
            if (Y == null) return;
            (Y[i], Y[i + 1]) = (low * X[i], high * X[i + 1]);
        }
    }

    private struct MultiplyJob : ISimdJob
    {
        public float* Mask, Dx;
        public long Length;

        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            long end = Math.Min(Length, (item + 1L) * MaskJob.Block);
            for (long i = (long)item * MaskJob.Block; i < end; i += S.Width)
            {
                S.Store(Dx + i, S.Multiply(S.Load(Mask + i), S.Load(Dx + i)));
            }
        }
    }
}
