// The memory of a training step besides parameters, gradients and moments. Shapes: T steps, B lanes, E and H padded to a multiple of 16.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Buffers for batches of up to <see cref="Tokens"/> tokens in up to <see cref="Lanes"/> lanes.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace(GruConfig config, Regularisation regularisation, long tokens, long lanes, bool training)
    {
        (Tokens, Lanes, Training) = (tokens, lanes, training);
        int paddedInput = FusedGruLayer.Padded(config.EmbeddingDim), paddedHidden = FusedGruLayer.Padded(config.HiddenDim);
        Embedded = new AlignedBuffer<float>(tokens * paddedInput);
        Layers = [.. Enumerable.Range(0, config.NumLayers).Select(_ => new GruActivations(tokens, lanes, paddedHidden))];
        long forTraining = training ? tokens : 0;
        int boundaries = config.Dropout > 0 ? config.NumLayers - 1 : 0;
        Masks = Buffers(boundaries, forTraining * paddedHidden);
        Dropped = Buffers(boundaries, forTraining * paddedHidden);
        Outputs = Buffers(config.Residual ? config.NumLayers - 1 : 0, tokens * paddedHidden);
        Normal = Buffers(config.LayerNorm ? config.NumLayers - 1 : 0, tokens * paddedHidden);
        Statistics = [.. Normal.Select(_ => new AlignedBuffer<float>(2 * tokens))];
        DInput = new AlignedBuffer<float>(config.Residual ? forTraining * paddedHidden : 0);
        InputMask = new AlignedBuffer<float>(training ? lanes * paddedInput : 0);
        TopMask = new AlignedBuffer<float>(training && regularisation.OutputDropout > 0 ? lanes * paddedHidden : 0);
        Top = new AlignedBuffer<float>(regularisation.OutputDropout > 0 ? forTraining * paddedHidden : 0);
        RowFactors = new AlignedBuffer<float>(forTraining);
        DEmbedding = new AlignedBuffer<float>(forTraining * paddedInput);
        DState = new AlignedBuffer<float>(forTraining * paddedHidden);
        Carry = new AlignedBuffer<float>(training ? lanes * paddedHidden : 0);
    }

    public long Tokens { get; }

    public long Lanes { get; }

    public bool Training { get; }

    /// <summary>Embedded inputs [T·B, E'].</summary>
    public AlignedBuffer<float> Embedded { get; }

    public GruActivations[] Layers { get; }

    /// <summary>Dropout masks between layers [T·B, H'].</summary>
    public AlignedBuffer<float>[] Masks { get; }

    /// <summary>Layer outputs after dropout [T·B, H'].</summary>
    public AlignedBuffer<float>[] Dropped { get; }

    /// <summary>With residual connections what layers above the first hand on [T·B, H']: their states plus what they were handed.</summary>
    public AlignedBuffer<float>[] Outputs { get; }

    /// <summary>What layers above the first were handed, normalised [T·B, H'].</summary>
    public AlignedBuffer<float>[] Normal { get; }

    /// <summary>Mean and scale of each row of these [T·B, 2].</summary>
    public AlignedBuffer<float>[] Statistics { get; }

    /// <summary>With residual connections the gradient of what a layer read [T·B, H'].</summary>
    public AlignedBuffer<float> DInput { get; }

    /// <summary>Locked mask of the inputs [B, E'].</summary>
    public AlignedBuffer<float> InputMask { get; }

    /// <summary>Factor of each input row [T·B].</summary>
    public AlignedBuffer<float> RowFactors { get; }

    /// <summary>Locked mask of the outputs [B, H'].</summary>
    public AlignedBuffer<float> TopMask { get; }

    /// <summary>The last layer's outputs after dropout [T·B, H'].</summary>
    public AlignedBuffer<float> Top { get; }

    /// <summary>Gradient of the embedded inputs [T·B, E'].</summary>
    public AlignedBuffer<float> DEmbedding { get; }

    /// <summary>Gradient of the layer outputs in turn [T·B, H'].</summary>
    public AlignedBuffer<float> DState { get; }

    /// <summary>The part of dh that passes through the update gate [B, H'].</summary>
    public AlignedBuffer<float> Carry { get; }

    public bool Fits(long tokens, long lanes, bool training) => tokens <= Tokens && lanes <= Lanes && (Training || !training);

    public void Dispose()
    {
        foreach (GruActivations layer in Layers) layer.Dispose();
        AlignedBuffer<float>[] buffers =
        [
            Embedded, InputMask, RowFactors, TopMask, Top, DEmbedding, DState, DInput, Carry,
            .. Masks, .. Dropped, .. Outputs, .. Normal, .. Statistics,
        ];
        foreach (AlignedBuffer<float> buffer in buffers) buffer.Dispose();
    }

    private static AlignedBuffer<float>[] Buffers(int count, long length) =>
        [.. Enumerable.Range(0, count).Select(_ => new AlignedBuffer<float>(length))];
}
