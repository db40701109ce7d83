// The stack of layers, forward and backward, and what stands between one and the next: layer normalisation, dropout and residual
// connections.
//     u_0 = embeddings        u_l = dropout(norm_l(y_{l−1}))        y_0 = GRU_0(u_0)        y_l = GRU_l(u_l) + y_{l−1}
// without the norm and without "+ y_{l−1}" where the configuration does not ask for them.

namespace GruLM.Model;

public sealed unsafe partial class GruLanguageModel
{
    // y_l [T·B, H'].
    private float* OutputOf(Workspace w, int l, int lanes) =>
        Config.Residual && l > 0 ? w.Outputs[l - 1].Pointer : w.Layers[l].States.Pointer + ((long)lanes * _layers[0].PaddedHidden);

    // u_l while training: what layer l has read.
    private float* InputOf(Workspace w, int l, int lanes) =>
        l == 0 ? w.Embedded.Pointer
        : Config.Dropout > 0 ? w.Dropped[l - 1].Pointer
        : Config.LayerNorm ? w.Normal[l - 1].Pointer
        : OutputOf(w, l - 1, lanes);

    private void ForwardLayers(TokenBatch batch, Workspace w, LaneStates state, long step, bool training)
    {
        int tokens = batch.Steps * batch.Lanes, padded = _layers[0].PaddedHidden;
        long perStep = (long)batch.Lanes * padded;
        for (int l = 0; l < _layers.Length; l++)
        {
            float* x = l == 0 ? w.Embedded.Pointer : OutputOf(w, l - 1, batch.Lanes);
            if (l > 0 && Config.LayerNorm)
            {
                float* normal = w.Normal[l - 1].Pointer;
                LayerNorm.Forward(_compute, x, tokens, Config.HiddenDim, padded, Parameters.NormWeight(l), Parameters.NormBias(l), normal,
                    w.Statistics[l - 1].Pointer);
                x = normal;
            }

            if (l > 0 && training && Config.Dropout > 0)
            {
                float* dropped = w.Dropped[l - 1].Pointer, mask = w.Masks[l - 1].Pointer;
                if (Regularisation.LockedDropout)
                {
                    Dropout.LockedForward(_compute, _dropoutRandom, Config.Dropout, step, l, x, mask, dropped, perStep, batch.Steps);
                }
                else
                {
                    Dropout.Forward(_compute, _dropoutRandom, Config.Dropout, step, l, x, mask, dropped, (long)tokens * padded);
                }

                x = dropped;
            }

            float* states = w.Layers[l].States.Pointer;
            Buffer.MemoryCopy(state[l], states, perStep * sizeof(float), perStep * sizeof(float));
            _layers[l].Forward(x, batch.Steps, batch.Lanes, w.Layers[l]);
            float* last = states + ((long)tokens * padded);
            Buffer.MemoryCopy(last, state[l], perStep * sizeof(float), perStep * sizeof(float));
            if (Config.Residual && l > 0)
            {
                Residual.Add(_compute, states + perStep, OutputOf(w, l - 1, batch.Lanes), OutputOf(w, l, batch.Lanes),
                    (long)tokens * padded);
            }
        }
    }

    // From the gradient of the last layer's outputs, in DState, to that of the embeddings; adds to the gradients of the layers' parameters.
    private void BackwardLayers(TokenBatch batch, Workspace w)
    {
        int tokens = batch.Steps * batch.Lanes, padded = _layers[0].PaddedHidden;
        long perStep = (long)batch.Lanes * padded;
        for (int l = _layers.Length - 1; l >= 0; l--)
        {
            float* dX = l == 0 ? w.DEmbedding.Pointer : Config.Residual ? w.DInput.Pointer : w.DState.Pointer;
            _layers[l].Backward(
                InputOf(w, l, batch.Lanes), w.DState.Pointer, dX, batch.Steps, batch.Lanes, w.Layers[l], w.Carry.Pointer, Gradients, l,
                _packedInput, _packedState);
            if (l == 0) continue;
            if (Config.Dropout > 0)
            {
                if (Regularisation.LockedDropout) Dropout.LockedBackward(_compute, w.Masks[l - 1].Pointer, dX, perStep, batch.Steps);
                else Dropout.Backward(_compute, w.Masks[l - 1].Pointer, dX, (long)tokens * padded);
            }

            if (Config.LayerNorm)
            {
                LayerNorm.Backward(
                    _compute, OutputOf(w, l - 1, batch.Lanes), tokens, Config.HiddenDim, padded, Parameters.NormWeight(l),
                    w.Statistics[l - 1].Pointer, dX, Gradients.NormWeight(l), Gradients.NormBias(l));
            }

            if (Config.Residual) Residual.Add(_compute, dX, w.DState.Pointer, w.DState.Pointer, (long)tokens * padded);
        }
    }
}
