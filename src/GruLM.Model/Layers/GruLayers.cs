// The stacked GRU layers alone, without embedding, output layer or update: what other libraries call a GRU. grulm bench gru measures them;
// a language model (GruLanguageModel) runs the same layers and adds the rest.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>GRU layers over sequences [T, B, E] to [T, B, H], forward and backward, from zero states. Not thread-safe.</summary>
public sealed unsafe class GruLayers : IDisposable
{
    private readonly FusedGruLayer[] _layers;
    private readonly Workspace _workspace;
    private readonly PackedMatrix _packedInput;
    private readonly PackedMatrix _packedState;
    private readonly int _steps;
    private readonly int _lanes;

    /// <summary>Layers of <paramref name="parameters"/>, which stay the caller's as <paramref name="compute"/> does, for
    /// <paramref name="steps"/> steps of
    /// <paramref name="lanes"/> lanes. Embedding and output weights are not looked at.</summary>
    public GruLayers(GruParameters parameters, Compute compute, int steps, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lanes);
        (Parameters, _steps, _lanes) = (parameters, steps, lanes);
        Gradients = new GruParameters(Config);
        _layers =
            [.. Enumerable.Range(0, Config.NumLayers).Select(l => FusedGruLayer.Create(compute, Config.InputDim(l), Config.HiddenDim))];
        _workspace = new Workspace(Config with { Dropout = 0 }, new Regularisation(), (long)steps * lanes, lanes, training: true,
            _layers[0].PaddedInput, _layers[0].PaddedHidden);
        _packedInput = compute.NewPacked(0, 0);
        _packedState = compute.NewPacked(0, 0);
        ParametersChanged();
    }

    /// <summary>The weights.</summary>
    public GruParameters Parameters { get; }

    /// <summary>The gradients that <see cref="Backward"/> adds to.</summary>
    public GruParameters Gradients { get; }

    private GruConfig Config => Parameters.Config;

    /// <summary>Tells the layers that <see cref="Parameters"/> hold new values.</summary>
    public void ParametersChanged()
    {
        for (int l = 0; l < _layers.Length; l++) _layers[l].Pack(Parameters, l, forTraining: true);
    }

    /// <summary>From inputs [T, B, E] to the last layer's states [T, B, H].</summary>
    public void Forward(ReadOnlySpan<float> x, Span<float> y)
    {
        CopyRows(x, Config.EmbeddingDim, _workspace.Embedded.Pointer, _layers[0].PaddedInput);
        for (int l = 0; l < _layers.Length; l++)
        {
            _workspace.Layers[l].States.Slice(0, _lanes * _layers[l].PaddedHidden).Clear();
            _layers[l].Forward(InputOf(l), _steps, _lanes, _workspace.Layers[l]);
        }

        CopyBack(StatesOf(_layers.Length - 1), _layers[0].PaddedHidden, y, Config.HiddenDim);
    }

    /// <summary>From the gradients of those states [T, B, H] to the inputs' [T, B, E]; follows <see cref="Forward"/>.</summary>
    public void Backward(ReadOnlySpan<float> dY, Span<float> dX)
    {
        CopyRows(dY, Config.HiddenDim, _workspace.DState.Pointer, _layers[0].PaddedHidden);
        for (int l = _layers.Length - 1; l >= 0; l--)
        {
            _layers[l].Backward(
                InputOf(l), _workspace.DState.Pointer, l == 0 ? _workspace.DEmbedding.Pointer : _workspace.DState.Pointer, _steps, _lanes,
                _workspace.Layers[l], _workspace.Carry.Pointer, Gradients, l, _packedInput, _packedState);
        }

        CopyBack(_workspace.DEmbedding.Pointer, _layers[0].PaddedInput, dX, Config.EmbeddingDim);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FusedGruLayer layer in _layers) layer.Dispose();
        _workspace.Dispose();
        _packedInput.Dispose();
        _packedState.Dispose();
        Gradients.Dispose();
    }

    private float* InputOf(int l) => l == 0 ? _workspace.Embedded.Pointer : StatesOf(l - 1);

    // States after each step; before them stand those before the first.
    private float* StatesOf(int l) => _workspace.Layers[l].States.Pointer + ((long)_lanes * _layers[l].PaddedHidden);

    private void CopyRows(ReadOnlySpan<float> from, int columns, float* to, int stride)
    {
        for (int i = 0; i < _steps * _lanes; i++)
        {
            from.Slice(i * columns, columns).CopyTo(new Span<float>(to + ((long)i * stride), columns));
        }
    }

    private void CopyBack(float* from, int stride, Span<float> to, int columns)
    {
        for (int i = 0; i < _steps * _lanes; i++)
        {
            new ReadOnlySpan<float>(from + ((long)i * stride), columns).CopyTo(to.Slice(i * columns, columns));
        }
    }
}
