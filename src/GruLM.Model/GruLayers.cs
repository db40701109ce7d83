// The stacked GRU layers alone, without embedding, output layer or update: what other libraries call a GRU. grulm bench gru measures them; a
// language model (GruLanguageModel) runs the same layers and adds the rest.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>GRU layers over sequences [T, B, E] to [T, B, H], forward and backward, from zero states. Not thread-safe.</summary>
public sealed unsafe class GruLayers : IDisposable
{
    private readonly FusedGruLayer[] layers;
    private readonly Workspace workspace;
    private readonly PackedMatrix packedInput;
    private readonly PackedMatrix packedState;
    private readonly int steps;
    private readonly int lanes;

    /// <summary>Layers of <paramref name="parameters"/>, which stay the caller's as <paramref name="compute"/> does, for <paramref name="steps"/> steps of
    /// <paramref name="lanes"/> lanes. Embedding and output weights are not looked at.</summary>
    public GruLayers(GruParameters parameters, Compute compute, int steps, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lanes);
        (Parameters, this.steps, this.lanes) = (parameters, steps, lanes);
        Gradients = new GruParameters(Config);
        layers = [.. Enumerable.Range(0, Config.NumLayers).Select(l => FusedGruLayer.Create(compute, Config.InputDim(l), Config.HiddenDim))];
        workspace = new Workspace(Config with { Dropout = 0 }, new Regularisation(), (long)steps * lanes, lanes, training: true, layers[0].PaddedInput, layers[0].PaddedHidden);
        packedInput = compute.NewPacked(0, 0);
        packedState = compute.NewPacked(0, 0);
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
        for (int l = 0; l < layers.Length; l++) layers[l].Pack(Parameters, l, forTraining: true);
    }

    /// <summary>From inputs [T, B, E] to the last layer's states [T, B, H].</summary>
    public void Forward(ReadOnlySpan<float> x, Span<float> y)
    {
        CopyRows(x, Config.EmbeddingDim, workspace.Embedded.Pointer, layers[0].PaddedInput);
        for (int l = 0; l < layers.Length; l++)
        {
            workspace.Layers[l].States.Slice(0, lanes * layers[l].PaddedHidden).Clear();
            layers[l].Forward(InputOf(l), steps, lanes, workspace.Layers[l]);
        }

        CopyBack(StatesOf(layers.Length - 1), layers[0].PaddedHidden, y, Config.HiddenDim);
    }

    /// <summary>From the gradients of those states [T, B, H] to the inputs' [T, B, E]; follows <see cref="Forward"/>.</summary>
    public void Backward(ReadOnlySpan<float> dY, Span<float> dX)
    {
        CopyRows(dY, Config.HiddenDim, workspace.DState.Pointer, layers[0].PaddedHidden);
        for (int l = layers.Length - 1; l >= 0; l--)
        {
            layers[l].Backward(
                InputOf(l), workspace.DState.Pointer, l == 0 ? workspace.DEmbedding.Pointer : workspace.DState.Pointer, steps, lanes, workspace.Layers[l],
                workspace.Carry.Pointer, Gradients, l, packedInput, packedState);
        }

        CopyBack(workspace.DEmbedding.Pointer, layers[0].PaddedInput, dX, Config.EmbeddingDim);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in layers) layer.Dispose();
        workspace.Dispose();
        packedInput.Dispose();
        packedState.Dispose();
        Gradients.Dispose();
    }

    private float* InputOf(int l) => l == 0 ? workspace.Embedded.Pointer : StatesOf(l - 1);

    // States after each step; before them stand those before the first.
    private float* StatesOf(int l) => workspace.Layers[l].States.Pointer + ((long)lanes * layers[l].PaddedHidden);

    private void CopyRows(ReadOnlySpan<float> from, int columns, float* to, int stride)
    {
        for (int i = 0; i < steps * lanes; i++) from.Slice(i * columns, columns).CopyTo(new Span<float>(to + ((long)i * stride), columns));
    }

    private void CopyBack(float* from, int stride, Span<float> to, int columns)
    {
        for (int i = 0; i < steps * lanes; i++) new ReadOnlySpan<float>(from + ((long)i * stride), columns).CopyTo(to.Slice(i * columns, columns));
    }
}
