// AdamW (Loshchilov and Hutter 2019), arithmetic in PyTorch's order. One pass over memory reads and writes parameters, gradients and both
// moments.

using System.Runtime.CompilerServices;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>AdamW with its two moments, laid out like the parameters.</summary>
internal sealed unsafe class AdamW : Optimizer
{
    private readonly AdamWOptions _options;
    private readonly UpdateChunks _chunks;

    /// <summary>Zero moments for <paramref name="config"/>. With <paramref name="only"/> the other tensors are left alone.</summary>
    public AdamW(GruConfig config, AdamWOptions options, Predicate<ParameterView>? only = null)
    {
        _options = options;
        FirstMoment = new GruParameters(config);
        SecondMoment = new GruParameters(config);
        Views = [.. FirstMoment.Views.Where(view => only is null || only(view))];
        _chunks = new UpdateChunks(Views);
    }

    /// <inheritdoc/>
    public override string Name => _options.Name;

    /// <summary>Running mean of the gradients.</summary>
    public GruParameters FirstMoment { get; }

    /// <summary>Running mean of their squares.</summary>
    public GruParameters SecondMoment { get; }

    /// <inheritdoc/>
    public override IEnumerable<OptimizerState> State => [new("m", FirstMoment, Views), new("v", SecondMoment, Views)];

    /// <summary>The tensors that are updated.</summary>
    public IReadOnlyList<ParameterView> Views { get; }

    /// <inheritdoc/>
    protected override void Apply(Compute compute, GruParameters parameters, GruParameters gradients, double learningRate,
        double gradientScale)
    {
        double correction1 = 1 - Math.Pow(_options.Beta1, Steps), correction2 = 1 - Math.Pow(_options.Beta2, Steps);
        _chunks.Run(compute, new Rule
        {
            Parameters = parameters.Pointer,
            Gradients = gradients.Pointer,
            First = FirstMoment.Pointer,
            Second = SecondMoment.Pointer,
            Scale = (float)gradientScale,
            Beta1 = (float)_options.Beta1,
            Beta2 = (float)_options.Beta2,
            Epsilon = (float)_options.Epsilon,
            Keep = (float)(1 - (learningRate * _options.WeightDecay)),
            StepSize = (float)(learningRate / correction1),
            RootCorrection = (float)(1 / Math.Sqrt(correction2)),
        });
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _chunks.Dispose();
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }

    private struct Rule : IUpdateRule
    {
        public float* Parameters, Gradients, First, Second;
        public float Scale, Beta1, Beta2, Epsilon, Keep, StepSize, RootCorrection;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Update<S, V>(UpdateChunk chunk)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            float* p = Parameters + chunk.Offset, g = Gradients + chunk.Offset;
            float* m = First + chunk.Offset, v = Second + chunk.Offset;
            V scale = S.Splat(Scale), beta1 = S.Splat(Beta1), beta2 = S.Splat(Beta2), epsilon = S.Splat(Epsilon);
            V rest1 = S.Splat(1 - Beta1), rest2 = S.Splat(1 - Beta2), keep = S.Splat(chunk.Decays ? Keep : 1);
            V step = S.Splat(-StepSize), root = S.Splat(RootCorrection);
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
