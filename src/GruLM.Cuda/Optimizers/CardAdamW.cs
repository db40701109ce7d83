// AdamW on the card: the arithmetic of AdamW.cs, in the kernel adamw of update.cu.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>AdamW over some of the tensors.</summary>
internal class CardAdamW : CardOptimizer
{
    private readonly AdamWOptions _options;
    private readonly CudaKernel _kernel;
    private readonly DeviceBuffer<UpdateStretch> _chunks;

    /// <summary>Zero moments; tensors that are not among <paramref name="only"/> are left alone.</summary>
    public CardAdamW(
        Card card, CardParameters parameters, DeviceBuffer<float> gradients, AdamWOptions options, Func<ParameterView, bool> only)
        : base(card, parameters, gradients, states: 2)
    {
        _options = options;
        _kernel = card.Kernel("update", "adamw", hasPrecision: false);
        _chunks = Cut(GruParameters.Layout(parameters.Config).Where(only));
    }

    /// <inheritdoc/>
    public override void Apply(DevicePointer numbers)
    {
        UpdateArguments arguments = Arguments(numbers);
        arguments.Beta1 = (float)_options.Beta1;
        arguments.Beta2 = (float)_options.Beta2;
        arguments.Epsilon = (float)_options.Epsilon;
        Run(_kernel, _chunks, arguments);
    }

    /// <inheritdoc/>
    protected override void Fill(double learningRate, ref StepNumbers numbers)
    {
        numbers.Keep = (float)(1 - (learningRate * _options.WeightDecay));
        numbers.StepSize = (float)(learningRate / (1 - Math.Pow(_options.Beta1, Steps)));
        numbers.RootCorrection = (float)(1 / Math.Sqrt(1 - Math.Pow(_options.Beta2, Steps)));
    }
}
