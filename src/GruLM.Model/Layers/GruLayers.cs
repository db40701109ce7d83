// The stacked GRU layers alone, without embedding, output layer or update: what other libraries call a GRU. grulm bench gru measures them;
// a language model (GruLanguageModel) runs the same layers and adds the rest.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>GRU layers over sequences [T, B, E] to [T, B, H], forward and backward, from zero states. Not thread-safe.</summary>
public sealed unsafe class GruLayers : IDisposable
{
    private readonly LayerStack _layers;
    private readonly LaneStates _states;
    private readonly Workspace _workspace;
    private readonly int _steps;
    private readonly int _lanes;

    /// <summary>Layers of <paramref name="parameters"/>, which stay the caller's as <paramref name="compute"/> does, for
    /// <paramref name="steps"/> steps of <paramref name="lanes"/> lanes. Embedding and output weights are not looked at.</summary>
    public GruLayers(GruParameters parameters, Compute compute, int steps, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lanes);
        (Parameters, _steps, _lanes) = (parameters, steps, lanes);
        Gradients = new GruParameters(Config);
        _layers = new LayerStack(parameters, compute);
        _states = new LaneStates(_layers.Count, _layers.PaddedHidden);
        _workspace = new Workspace(Config with { Dropout = 0 }, new Regularisation(), (long)steps * lanes, lanes, training: true);
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
        for (int l = 0; l < _layers.Count; l++) _layers.Pack(l, forTraining: true);
    }

    /// <summary>From inputs [T, B, E] to the last layer's outputs [T, B, H].</summary>
    public void Forward(ReadOnlySpan<float> x, Span<float> y)
    {
        CopyRows(x, Config.EmbeddingDim, _workspace.Embedded.Pointer, _layers.PaddedInput);
        _states.Prepare(_lanes, fresh: true);
        _layers.Forward(_steps, _lanes, _workspace, _states, dropout: null);
        CopyBack(_layers.Output(_workspace, _lanes), _layers.PaddedHidden, y, Config.HiddenDim);
    }

    /// <summary>From the gradients of those outputs [T, B, H] to the inputs' [T, B, E]; follows <see cref="Forward"/>.</summary>
    public void Backward(ReadOnlySpan<float> dY, Span<float> dX)
    {
        CopyRows(dY, Config.HiddenDim, _workspace.DState.Pointer, _layers.PaddedHidden);
        _layers.Backward(_steps, _lanes, _workspace, Gradients, dropout: null);
        CopyBack(_workspace.DEmbedding.Pointer, _layers.PaddedInput, dX, Config.EmbeddingDim);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _layers.Dispose();
        _states.Dispose();
        _workspace.Dispose();
        Gradients.Dispose();
    }

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
