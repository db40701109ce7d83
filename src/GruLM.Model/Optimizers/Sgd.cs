// Stochastic gradient descent with momentum as PyTorch defines it, without Nesterov's step: b = μ b + g, θ = (1 − η λ) θ − η b. Unlike
// PyTorch's the weight decay λ is decoupled, as AdamW's is: it does not pass through the momentum. One pass over memory.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Gradient descent with its momentum, laid out like the parameters.</summary>
internal sealed unsafe class Sgd : Optimizer
{
    private readonly SgdOptions _options;
    private readonly GruParameters _momentum;
    private readonly UpdateChunks _chunks;

    /// <summary>No momentum yet, for parameters of <paramref name="config"/>.</summary>
    public Sgd(GruConfig config, SgdOptions options)
    {
        _options = options;
        _momentum = new GruParameters(config);
        _chunks = new UpdateChunks(_momentum.Views);
    }

    /// <inheritdoc/>
    public override string Name => _options.Name;

    /// <inheritdoc/>
    public override IEnumerable<OptimizerState> State => [new("momentum", _momentum, _momentum.Views)];

    /// <inheritdoc/>
    protected override void Apply(Compute compute, GruParameters parameters, GruParameters gradients, double learningRate,
        double gradientScale) =>
        _chunks.Run(compute, new Rule
        {
            Parameters = parameters.Pointer,
            Gradients = gradients.Pointer,
            Buffer = _momentum.Pointer,
            Scale = (float)gradientScale,
            Momentum = (float)_options.Momentum,
            Keep = (float)(1 - (learningRate * _options.WeightDecay)),
            StepSize = (float)learningRate,
        });

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _chunks.Dispose();
        _momentum.Dispose();
    }

    private struct Rule : IUpdateRule
    {
        public float* Parameters, Gradients, Buffer;
        public float Scale, Momentum, Keep, StepSize;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Update<S, V>(UpdateChunk chunk)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            float* p = Parameters + chunk.Offset, g = Gradients + chunk.Offset, b = Buffer + chunk.Offset;
            V scale = S.Splat(Scale), momentum = S.Splat(Momentum), keep = S.Splat(chunk.Decays ? Keep : 1), step = S.Splat(-StepSize);
            for (int i = 0; i < chunk.Length; i += S.Width)
            {
                V buffer = S.MultiplyAdd(S.Load(b + i), momentum, S.Multiply(S.Load(g + i), scale));
                S.Store(p + i, S.MultiplyAdd(step, buffer, S.Multiply(S.Load(p + i), keep)));
                S.Store(b + i, buffer);
                S.Store(g + i, S.Zero);
            }
        }
    }
}
