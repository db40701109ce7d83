// Dropout of recurrent weights (DropConnect; Merity et al. 2017): in an update some of W_hh are zero, for all batches that the update is
// made of, and do not learn from it. The weights themselves are kept; only what is packed is masked.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Masks of the recurrent weights, one a layer, [3H, H].</summary>
internal sealed unsafe class RecurrentDropout(GruParameters parameters, Compute compute, Philox random, int firstPlace) : IDisposable
{
    private readonly List<AlignedBuffer<float>> _masks = [];

    private long Length => (3L * parameters.Config.HiddenDim * parameters.Config.HiddenDim + 15) / 16 * 16;

    /// <summary>Draws the masks of update number <paramref name="update"/> and packs the masked weights for training.</summary>
    public void Pack(LayerStack layers, double probability, long update)
    {
        long bytes = Length * sizeof(float);
        using var kept = new AlignedBuffer<float>(Length);
        for (int l = 0; l < layers.Count; l++)
        {
            if (_masks.Count <= l) _masks.Add(new AlignedBuffer<float>(Length));
            float* weights = parameters.WeightHh(l);
            Buffer.MemoryCopy(weights, kept.Pointer, bytes, bytes);
            var draw = new DropoutDraw(random, probability, update, firstPlace + l);
            Dropout.Forward(compute, draw, weights, _masks[l].Pointer, weights, Length);
            layers.Pack(l, forTraining: true);
            Buffer.MemoryCopy(kept.Pointer, weights, bytes, bytes);
        }
    }

    /// <summary>Weights that were left out do not learn: their gradients become zero, the others' are scaled.</summary>
    public void MaskGradients(GruParameters gradients)
    {
        for (int l = 0; l < _masks.Count; l++) Dropout.Backward(compute, _masks[l].Pointer, gradients.WeightHh(l), _masks[l].Length);
    }

    public void Dispose()
    {
        foreach (AlignedBuffer<float> mask in _masks) mask.Dispose();
    }
}
