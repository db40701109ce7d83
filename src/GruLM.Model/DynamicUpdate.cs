// The update of dynamic evaluation (Krause, Kahembwe, Murray and Renals 2018): θ += −η g / (√m + ε) + λ (θ₀ − θ), where m is the mean of the squared
// gradients so far and θ₀ the trained parameters. Unlike the paper, m is gathered while reading, since a model folder has no statistics of its
// training, and the decay is not scaled by it. One pass over memory, arithmetic as in AdamW.cs.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Adapts parameters to what is being read, and pulls them back to where they were trained.</summary>
public sealed unsafe class DynamicUpdate : IDisposable
{
    private const int ChunkLength = 1 << 14;
    private const double Smoothing = 0.999;
    private const float Epsilon = 1e-5f;
    private readonly GruParameters trained;
    private readonly GruParameters meanSquares;
    private long steps;

    /// <summary>Adapts a model that starts from <paramref name="trained"/>, which stay the caller's and are only read.</summary>
    public DynamicUpdate(GruParameters trained)
    {
        this.trained = trained;
        meanSquares = new GruParameters(trained.Config);
    }

    /// <summary>One update with the gradients, which are zero afterwards. <paramref name="parameters"/> are laid out like the trained ones.</summary>
    public void Update(Compute compute, GruParameters parameters, GruParameters gradients, double learningRate, double decay)
    {
        steps++;

        // The plain mean at first, so that nothing needs correcting for the start from zero.
        double keep = Math.Min(Smoothing, 1 - (1.0 / steps));
        var job = new Pass
        {
            Parameters = parameters.Pointer, Gradients = gradients.Pointer, Trained = trained.Pointer, Squares = meanSquares.Pointer, Length = parameters.Length,
            KeepSquares = (float)keep, NewSquares = (float)(1 - keep), Step = (float)-learningRate, Decay = (float)decay, Epsilon = Epsilon,
        };
        switch (compute.Path)
        {
            case KernelPath.Vector512: Run<Simd512, Vector512<float>>(compute, job); break;
            case KernelPath.Vector256: Run<Simd256, Vector256<float>>(compute, job); break;
            case KernelPath.Vector128: Run<Simd128, Vector128<float>>(compute, job); break;
            default: Run<Simd1, float>(compute, job); break;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => meanSquares.Dispose();

    private static void Run<S, V>(Compute compute, Pass pass)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var job = new UpdateJob<S, V> { Pass = pass };
        compute.Team.Run(ref job, (int)((pass.Length + ChunkLength - 1) / ChunkLength));
    }

    private struct Pass
    {
        public float* Parameters, Gradients, Trained, Squares;
        public long Length;
        public float KeepSquares, NewSquares, Step, Decay, Epsilon;
    }

    private struct UpdateJob<S, V> : IParallelJob
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        public Pass Pass;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Execute(int item, int thread)
        {
            long start = (long)item * ChunkLength;
            int length = (int)Math.Min(ChunkLength, Pass.Length - start);
            float* p = Pass.Parameters + start, g = Pass.Gradients + start, origin = Pass.Trained + start, m = Pass.Squares + start;
            V keep = S.Splat(Pass.KeepSquares), rest = S.Splat(Pass.NewSquares), step = S.Splat(Pass.Step), decay = S.Splat(Pass.Decay), epsilon = S.Splat(Pass.Epsilon);

            // The buffer is a multiple of sixteen floats long, and its gaps are zero and stay so: whole vectors to the end.
            for (int i = 0; i < length; i += S.Width)
            {
                V gradient = S.Load(g + i), parameter = S.Load(p + i);
                V squares = S.MultiplyAdd(S.Load(m + i), keep, S.Multiply(S.Multiply(gradient, gradient), rest));
                V scaled = S.Divide(gradient, S.Add(S.Sqrt(squares), epsilon));
                V pulled = S.MultiplyAdd(S.Subtract(S.Load(origin + i), parameter), decay, parameter);
                S.Store(p + i, S.MultiplyAdd(step, scaled, pulled));
                S.Store(m + i, squares);
                S.Store(g + i, S.Zero);
            }
        }
    }
}
