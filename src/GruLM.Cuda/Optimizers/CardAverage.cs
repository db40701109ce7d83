// The running average of the parameters on the card: ParameterAverage.cs has the rule, and checkpoints are written and read through it.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>An exponential moving average of a model's parameters. One thread at a time.</summary>
internal sealed class CardAverage : IDisposable
{
    private readonly Card _card;
    private readonly CardParameters _parameters;
    private readonly double _decay;
    private readonly CudaKernel _average, _exchange;
    private DeviceBuffer<float>? _values;

    /// <summary>No average until the first update; none at all with a <paramref name="decay"/> of 0.</summary>
    public CardAverage(Card card, CardParameters parameters, double decay)
    {
        (_card, _parameters, _decay) = (card, parameters, decay);
        _average = card.Kernel("update", "average", hasPrecision: false);
        _exchange = card.Kernel("update", "exchange", hasPrecision: false);
    }

    /// <summary>Before the first update: begins with the parameters as they are.</summary>
    public void Begin()
    {
        if (_decay == 0 || _values is not null) return;
        _values = _card.Context.Allocate<float>(_parameters.Values.Length);
        _card.Context.Copy(_parameters.Values, 0, _values, 0, _values.Length);
    }

    /// <summary>The share that the parameters have after update number <paramref name="steps"/>.</summary>
    public float Share(long steps) => (float)(1 - Math.Min(_decay, steps / (steps + 9.0)));

    /// <summary>Takes in the parameters, by the share in the update's numbers.</summary>
    public void Add(DevicePointer numbers) => Blend(_average, numbers);

    /// <summary>Exchanges the average with the parameters; false where there is none.</summary>
    public bool Swap()
    {
        Blend(_exchange, default);
        return _values is not null;
    }

    /// <summary>A copy on the processor; null where there is none.</summary>
    public unsafe ParameterAverage? ToHost()
    {
        if (_values is null) return null;
        var average = new ParameterAverage(_parameters.OnHost(), _decay);
        _card.Context.Download(_values, 0, average.Values.Pointer, average.Values.Length);
        return average;
    }

    /// <summary>Takes over what a checkpoint has, if one is kept here.</summary>
    public unsafe void Read(TrainingStateFile file)
    {
        if (_decay == 0 || !file.HasAverage(_parameters.OnHost())) return;
        using var average = new ParameterAverage(_parameters.OnHost(), _decay);
        file.Read(average);
        _values ??= _card.Context.Allocate<float>(_parameters.Values.Length);
        _card.Context.Upload(_values, 0, average.Values.Pointer, average.Values.Length);
    }

    /// <inheritdoc/>
    public void Dispose() => _values?.Dispose();

    private void Blend(CudaKernel kernel, DevicePointer numbers)
    {
        if (_values is null) return;
        var arguments = new BlendArguments
        {
            X = _values.At(0),
            Y = _parameters.Values.At(0),
            Numbers = numbers,
            Length = _values.Length,
        };
        _card.ForEach(kernel, arguments.Length, arguments);
    }
}
