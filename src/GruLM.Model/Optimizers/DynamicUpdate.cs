// The update of dynamic evaluation (Krause, Kahembwe, Murray and Renals 2018): θ += −η g / (√m + ε) + λ (θ₀ − θ), where m is the mean of
// the squared gradients so far and θ₀ the trained parameters. Unlike the paper, m is gathered while reading, since a model folder has no
// statistics of its training, and the decay is not scaled by it. One pass over memory, arithmetic as in AdamW.cs.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Adapts parameters to what is being read, and pulls them back to where they were trained.</summary>
internal sealed unsafe class DynamicUpdate : IDisposable
{
    private const double Smoothing = 0.999;
    private const float Epsilon = 1e-5f;
    private readonly GruParameters _trained;
    private readonly GruParameters _meanSquares;
    private readonly UpdateChunks _chunks;

    /// <summary>Adapts a model that starts from <paramref name="trained"/>, which stay the caller's and are only read.</summary>
    public DynamicUpdate(GruParameters trained)
    {
        _trained = trained;
        _meanSquares = new GruParameters(trained.Config);
        _chunks = new UpdateChunks(_meanSquares.Views);
    }

    /// <summary>Updates so far.</summary>
    public long Steps { get; set; }

    /// <summary>The mean of the squared gradients so far, laid out like the parameters.</summary>
    public GruParameters MeanSquares => _meanSquares;

    /// <summary>One update with the gradients, which are zero afterwards. <paramref name="parameters"/> are laid out like the trained
    /// ones.</summary>
    public void Update(Compute compute, GruParameters parameters, GruParameters gradients, double learningRate, double decay)
    {
        Steps++;

        // The plain mean at first, so that nothing needs correcting for the start from zero.
        double keep = Math.Min(Smoothing, 1 - (1.0 / Steps));
        _chunks.Run(compute, new Rule
        {
            Parameters = parameters.Pointer,
            Gradients = gradients.Pointer,
            Trained = _trained.Pointer,
            Squares = _meanSquares.Pointer,
            KeepSquares = (float)keep,
            NewSquares = (float)(1 - keep),
            Step = (float)-learningRate,
            Decay = (float)decay,
            Epsilon = Epsilon,
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _chunks.Dispose();
        _meanSquares.Dispose();
    }

    private struct Rule : IUpdateRule
    {
        public float* Parameters, Gradients, Trained, Squares;
        public float KeepSquares, NewSquares, Step, Decay, Epsilon;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Update<S, V>(UpdateChunk chunk)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            float* p = Parameters + chunk.Offset, g = Gradients + chunk.Offset, origin = Trained + chunk.Offset, m = Squares + chunk.Offset;
            V keep = S.Splat(KeepSquares), rest = S.Splat(NewSquares), step = S.Splat(Step), decay = S.Splat(Decay),
                epsilon = S.Splat(Epsilon);
            for (int i = 0; i < chunk.Length; i += S.Width)
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
