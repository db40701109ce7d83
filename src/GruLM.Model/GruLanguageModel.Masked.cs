// Dropout of recurrent weights: packed with some of them at zero, and their gradients left out.

using GruLM.Kernels;

namespace GruLM.Model;

public sealed unsafe partial class GruLanguageModel
{
    // As for training, with the recurrent weights that this update leaves out at zero. The parts of a batch share the mask.
    private void PackMasked()
    {
        foreach (FusedGruLayer layer in _layers) layer.ReadPacked();
        if (_packed == PackedFor.Masked && _maskedFor == Optimizer.Steps) return;
        long length = (3L * Config.HiddenDim * Config.HiddenDim + 15) / 16 * 16;
        using var kept = new AlignedBuffer<float>(length);
        for (int l = 0; l < _layers.Length; l++)
        {
            if (_recurrentMasks.Count <= l) _recurrentMasks.Add(new AlignedBuffer<float>(length));
            float* weights = Parameters.WeightHh(l);
            Buffer.MemoryCopy(weights, kept.Pointer, length * sizeof(float), length * sizeof(float));
            Dropout.Forward(_compute, _dropoutRandom, Regularisation.RecurrentDropout, Optimizer.Steps, (int)Place.Recurrent + l, weights,
                _recurrentMasks[l].Pointer, weights, length);
            _layers[l].Pack(Parameters, l, forTraining: true);
            Buffer.MemoryCopy(kept.Pointer, weights, length * sizeof(float), length * sizeof(float));
        }

        _output.Pack(Parameters.Output, true);
        (_packed, _maskedFor) = (PackedFor.Masked, Optimizer.Steps);
    }

    // Weights that were left out do not learn. Once for all parts of a batch: they shared the mask.
    private void MaskGradients()
    {
        if (!_gradientsAreUnmasked) return;
        for (int l = 0; l < _layers.Length; l++)
        {
            Dropout.Backward(_compute, _recurrentMasks[l].Pointer, Gradients.WeightHh(l), _recurrentMasks[l].Length);
        }

        _gradientsAreUnmasked = false;
    }
}
