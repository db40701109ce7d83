// Dropout of recurrent weights: packed with some of them at zero, and their gradients left out.

using GruLM.Kernels;

namespace GruLM.Model;

public sealed unsafe partial class GruLanguageModel
{
    // As for training, with the recurrent weights that this update leaves out at zero. The parts of a batch share the mask.
    private void PackMasked()
    {
        foreach (var layer in layers) layer.ReadPacked();
        if (packed == PackedFor.Masked && maskedFor == Optimizer.Steps) return;
        long length = (3L * Config.HiddenDim * Config.HiddenDim + 15) / 16 * 16;
        using var kept = new AlignedBuffer<float>(length);
        for (int l = 0; l < layers.Length; l++)
        {
            if (recurrentMasks.Count <= l) recurrentMasks.Add(new AlignedBuffer<float>(length));
            float* weights = Parameters.WeightHh(l);
            Buffer.MemoryCopy(weights, kept.Pointer, length * sizeof(float), length * sizeof(float));
            Dropout.Forward(compute, dropoutRandom, Regularisation.RecurrentDropout, Optimizer.Steps, (int)Place.Recurrent + l, weights, recurrentMasks[l].Pointer, weights, length);
            layers[l].Pack(Parameters, l, forTraining: true);
            Buffer.MemoryCopy(kept.Pointer, weights, length * sizeof(float), length * sizeof(float));
        }

        output.Pack(Parameters.Output, true);
        (packed, maskedFor) = (PackedFor.Masked, Optimizer.Steps);
    }

    // Weights that were left out do not learn. Once for all parts of a batch: they shared the mask.
    private void MaskGradients()
    {
        if (!gradientsAreUnmasked) return;
        for (int l = 0; l < layers.Length; l++) Dropout.Backward(compute, recurrentMasks[l].Pointer, Gradients.WeightHh(l), recurrentMasks[l].Length);
        gradientsAreUnmasked = false;
    }
}
