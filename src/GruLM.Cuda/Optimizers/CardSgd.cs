// Gradient descent with momentum on the card: the arithmetic of Sgd.cs, in the kernel sgd of update.cu.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Gradient descent with its momentum.</summary>
internal sealed class CardSgd : CardOptimizer
{
    private readonly SgdOptions _options;
    private readonly CudaKernel _kernel;
    private readonly DeviceBuffer<UpdateStretch> _chunks;

    /// <summary>No momentum yet.</summary>
    public CardSgd(Card card, CardParameters parameters, DeviceBuffer<float> gradients, SgdOptions options)
        : base(card, parameters, gradients, states: 1)
    {
        _options = options;
        _kernel = card.Kernel("update", "sgd", hasPrecision: false);
        _chunks = Cut(GruParameters.Layout(parameters.Config));
    }

    /// <inheritdoc/>
    public override void Apply(DevicePointer numbers)
    {
        UpdateArguments arguments = Arguments(numbers);
        arguments.Beta1 = (float)_options.Momentum;
        Run(_kernel, _chunks, arguments);
    }

    /// <inheritdoc/>
    protected override void Fill(double learningRate, ref StepNumbers numbers)
    {
        numbers.Keep = (float)(1 - (learningRate * _options.WeightDecay));
        numbers.StepSize = (float)learningRate;
    }
}
