// The parameter update: AdamW (Loshchilov and Hutter 2019), arithmetic in PyTorch's order. One pass over memory reads and writes
// parameters, gradients and both moments; the gradient is scaled (clipping) on the way in and zeroed on the way out.
// Weight decay is for matrices; biases are left alone.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>AdamW's constants.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.99;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay of matrices, in units of the learning rate.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>How much of the running average of the parameters an update keeps, shorter averages at the start; 0: none is kept.</summary>
    public double AverageDecay { get; init; }
}

/// <summary>AdamW with its two moments, laid out like the parameters.</summary>
public sealed unsafe class AdamW : IDisposable
{
    private const int ChunkLength = 1 << 14;
    private readonly AlignedBuffer<Chunk> chunks;

    /// <summary>Zero moments for <paramref name="config"/>.</summary>
    public AdamW(GruConfig config, AdamWOptions options)
    {
        Options = options;
        FirstMoment = new GruParameters(config);
        SecondMoment = new GruParameters(config);
        var list = new List<Chunk>();
        foreach (var view in FirstMoment.Views)
        {
            for (long start = 0; start < view.Length; start += ChunkLength)
                list.Add(new Chunk(view.Offset + start, (int)Math.Min(ChunkLength, view.Length - start), !view.IsVector));
        }

        chunks = new AlignedBuffer<Chunk>(list.Count);
        list.CopyTo(chunks.Span);
    }

    /// <summary>The constants.</summary>
    public AdamWOptions Options { get; }

    /// <summary>Running mean of the gradients.</summary>
    public GruParameters FirstMoment { get; }

    /// <summary>Running mean of their squares.</summary>
    public GruParameters SecondMoment { get; }

    /// <summary>Updates made so far; the bias corrections depend on it.</summary>
    public long Steps { get; set; }

    /// <summary>One update with gradients times <paramref name="gradientScale"/>; leaves the gradients zero.</summary>
    public void Update(Compute compute, GruParameters parameters, GruParameters gradients, double learningRate, double gradientScale)
    {
        Steps++;
        double correction1 = 1 - Math.Pow(Options.Beta1, Steps), correction2 = 1 - Math.Pow(Options.Beta2, Steps);
        var job = new AdamWPass
        {
            Chunks = chunks.Pointer, Parameters = parameters.Pointer, Gradients = gradients.Pointer,
            First = FirstMoment.Pointer, Second = SecondMoment.Pointer,
            Scale = (float)gradientScale, Beta1 = (float)Options.Beta1, Beta2 = (float)Options.Beta2, Epsilon = (float)Options.Epsilon,
            Keep = (float)(1 - (learningRate * Options.WeightDecay)), StepSize = (float)(learningRate / correction1),
            RootCorrection = (float)(1 / Math.Sqrt(correction2)),
        };
        int items = (int)chunks.Length;
        switch (compute.Path)
        {
            case KernelPath.Vector512: Run<Simd512, Vector512<float>>(compute, job, items); break;
            case KernelPath.Vector256: Run<Simd256, Vector256<float>>(compute, job, items); break;
            case KernelPath.Vector128: Run<Simd128, Vector128<float>>(compute, job, items); break;
            default: Run<Simd1, float>(compute, job, items); break;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        chunks.Dispose();
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }

    private static void Run<S, V>(Compute compute, AdamWPass pass, int items)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var job = new AdamWJob<S, V> { Pass = pass };
        compute.Team.Run(ref job, items);
    }

    private readonly record struct Chunk(long Offset, int Length, bool Decays);

    private struct AdamWPass
    {
        public Chunk* Chunks;
        public float* Parameters, Gradients, First, Second;
        public float Scale, Beta1, Beta2, Epsilon, Keep, StepSize, RootCorrection;
    }

    private struct AdamWJob<S, V> : IParallelJob
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        public AdamWPass Pass;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            var chunk = Pass.Chunks[item];
            float* p = Pass.Parameters + chunk.Offset, g = Pass.Gradients + chunk.Offset;
            float* m = Pass.First + chunk.Offset, v = Pass.Second + chunk.Offset;
            V scale = S.Splat(Pass.Scale), beta1 = S.Splat(Pass.Beta1), beta2 = S.Splat(Pass.Beta2), epsilon = S.Splat(Pass.Epsilon);
            V rest1 = S.Splat(1 - Pass.Beta1), rest2 = S.Splat(1 - Pass.Beta2), keep = S.Splat(chunk.Decays ? Pass.Keep : 1);
            V step = S.Splat(-Pass.StepSize), root = S.Splat(Pass.RootCorrection);

            // Views are padded to sixteen floats with zeros, and zeros stay zeros: whole vectors to the end.
            for (int i = 0; i < chunk.Length; i += S.Width)
            {
                V gradient = S.Multiply(S.Load(g + i), scale);
                V first = S.MultiplyAdd(S.Load(m + i), beta1, S.Multiply(gradient, rest1));
                V second = S.MultiplyAdd(S.Load(v + i), beta2, S.Multiply(S.Multiply(gradient, gradient), rest2));
                V denominator = S.MultiplyAdd(S.Sqrt(second), root, epsilon);
                S.Store(p + i, S.MultiplyAdd(step, S.Divide(first, denominator), S.Multiply(S.Load(p + i), keep)));
                S.Store(m + i, first);
                S.Store(v + i, second);
                S.Store(g + i, S.Zero);
            }
        }
    }
}
