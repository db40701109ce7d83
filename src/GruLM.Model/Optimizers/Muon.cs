// Muon (Keller Jordan and others 2024, https://kellerjordan.github.io/posts/muon): the momentum of a matrix, all of its singular values
// made nearly one by five Newton–Schulz iterations of degree five, is the direction of the update. Each gate's block [H, E] or [H, H] of
// the GRU's weights is a matrix of its own; embedding, output layer and the rest are AdamW's. Momentum with Nesterov's step, coefficients
// and scale are Jordan's. The iterations cost more than a whole step over a thousand tokens, and the direction changes little from one to
// the next, so matrices take turns: each moves every few updates, by so many times the rate.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Muon for the GRU's matrices, AdamW for the rest; the first moment of a GRU matrix is its momentum.</summary>
internal sealed unsafe class Muon : Optimizer
{
    private const int Gates = 3;
    private readonly MuonOptions _options;
    private readonly AdamW _rest;
    private readonly (ParameterView View, UpdateChunks Chunks)[] _matrices;
    private NewtonSchulz? _orthogonal;

    /// <summary>Zero moments for <paramref name="config"/>.</summary>
    public Muon(GruConfig config, MuonOptions options)
    {
        _options = options;
        _rest = new AdamW(config, options, view => !view.IsGruMatrix);
        _matrices = [.. _rest.FirstMoment.Views.Where(view => view.IsGruMatrix).Select(view => (view, new UpdateChunks([view])))];
    }

    /// <inheritdoc/>
    public override string Name => _options.Name;

    /// <inheritdoc/>
    public override IEnumerable<OptimizerState> State =>
        [new("m", _rest.FirstMoment, _rest.FirstMoment.Views), new("v", _rest.SecondMoment, _rest.Views)];

    /// <inheritdoc/>
    protected override void Apply(Compute compute, GruParameters parameters, GruParameters gradients, double learningRate,
        double gradientScale)
    {
        _rest.Steps = Steps - 1;
        _rest.Update(compute, parameters, gradients, learningRate, gradientScale);
        _orthogonal ??= new NewtonSchulz(compute, _matrices.Max(m => m.View.Rows / Gates), _matrices.Max(m => m.View.Columns));
        double rate = learningRate * _options.RateFactor * _options.Every;
        for (int i = 0; i < _matrices.Length; i++)
        {
            (ParameterView? view, UpdateChunks? chunks) = _matrices[i];
            bool moves = (Steps + i) % _options.Every == 0;
            chunks.Run(
                compute,
                new MomentumRule
                {
                    Gradients = gradients.Pointer,
                    Buffer = _rest.FirstMoment.Pointer,
                    Scale = (float)gradientScale,
                    Momentum = (float)_options.Momentum,
                    Moves = moves
                });
            if (!moves) continue;
            int rows = view.Rows / Gates;
            for (int gate = 0; gate < Gates; gate++)
            {
                _orthogonal.Apply(compute, gradients.Pointer + view.Offset + ((long)gate * rows * view.Columns), rows, view.Columns);
            }

            chunks.Run(
                compute,
                new StepRule
                {
                    Parameters = parameters.Pointer,
                    Gradients = gradients.Pointer,
                    Keep = (float)(1 - (rate * _options.WeightDecay)),
                    StepSize = (float)rate
                });
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _rest.Dispose();
        foreach ((ParameterView _, UpdateChunks? chunks) in _matrices) chunks.Dispose();
        _orthogonal?.Dispose();
    }

    // b = μ b + g, and in the gradient's place what is to be orthogonal, g + μ b, or nothing.
    private struct MomentumRule : IUpdateRule
    {
        public float* Gradients, Buffer;
        public float Scale, Momentum;
        public bool Moves;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Update<S, V>(UpdateChunk chunk)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            float* g = Gradients + chunk.Offset, b = Buffer + chunk.Offset;
            V scale = S.Splat(Scale), momentum = S.Splat(Momentum);
            for (int i = 0; i < chunk.Length; i += S.Width)
            {
                V gradient = S.Multiply(S.Load(g + i), scale), buffer = S.MultiplyAdd(S.Load(b + i), momentum, gradient);
                S.Store(b + i, buffer);
                S.Store(g + i, Moves ? S.MultiplyAdd(buffer, momentum, gradient) : S.Zero);
            }
        }
    }

    private struct StepRule : IUpdateRule
    {
        public float* Parameters, Gradients;
        public float Keep, StepSize;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Update<S, V>(UpdateChunk chunk)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            float* p = Parameters + chunk.Offset, g = Gradients + chunk.Offset;
            V keep = S.Splat(Keep), step = S.Splat(-StepSize);
            for (int i = 0; i < chunk.Length; i += S.Width)
            {
                S.Store(p + i, S.MultiplyAdd(step, S.Load(g + i), S.Multiply(S.Load(p + i), keep)));
                S.Store(g + i, S.Zero);
            }
        }
    }
}
