// The stack of GRU layers, forward and backward, and what stands between one and the next: layer normalisation, dropout and residual
// connections.
//     u_0 = embeddings        u_l = dropout(norm_l(y_{l−1}))        y_0 = GRU_0(u_0)        y_l = GRU_l(u_l) + y_{l−1}
// without the norm and without "+ y_{l−1}" where the configuration does not ask for them. Buffers are those of Workspace.cs.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>All layers of a model, over sequences.</summary>
internal sealed unsafe class LayerStack : IDisposable
{
    private readonly GruParameters _parameters;
    private readonly Compute _compute;
    private readonly FusedGruLayer[] _layers;
    private readonly PackedMatrix _packedInput;
    private readonly PackedMatrix _packedState;

    public LayerStack(GruParameters parameters, Compute compute)
    {
        _parameters = parameters;
        _compute = compute;
        _layers =
            [.. Enumerable.Range(0, Config.NumLayers).Select(l => FusedGruLayer.Create(compute, Config.InputDim(l), Config.HiddenDim))];
        _packedInput = compute.NewPacked(0, 0);
        _packedState = compute.NewPacked(0, 0);
    }

    public int Count => _layers.Length;

    public int PaddedInput => _layers[0].PaddedInput;

    public int PaddedHidden => _layers[0].PaddedHidden;

    private GruConfig Config => _parameters.Config;

    /// <summary>Packs the weights of layer <paramref name="layer"/> as they are now.</summary>
    public void Pack(int layer, bool forTraining) => _layers[layer].Pack(_parameters, layer, forTraining);

    /// <summary>From now on weights are read as they were packed.</summary>
    public void ReadPacked()
    {
        foreach (FusedGruLayer layer in _layers) layer.ReadPacked();
    }

    /// <summary>From now on weights are read where they lie, for batches that <see cref="FewTokens"/> allows.</summary>
    public void ReadInPlace()
    {
        for (int l = 0; l < _layers.Length; l++) _layers[l].ReadInPlace(_parameters, l);
    }

    /// <summary>What the last layer hands on, [T·B, H'].</summary>
    public float* Output(Workspace w, int lanes) => OutputOf(w, _layers.Length - 1, lanes);

    /// <summary>All layers over embedded inputs [T, B, E']; <paramref name="state"/> is read and becomes the state after it.
    /// <paramref name="dropout"/> is null where nothing is dropped: in evaluation.</summary>
    public void Forward(int steps, int lanes, Workspace w, LaneStates state, LayerDropout? dropout)
    {
        long perStep = (long)lanes * PaddedHidden, length = perStep * steps;
        for (int l = 0; l < _layers.Length; l++)
        {
            float* x = l == 0 ? w.Embedded.Pointer : Between(steps, lanes, w, l, dropout);
            float* states = w.Layers[l].States.Pointer, last = states + length;
            Buffer.MemoryCopy(state[l], states, perStep * sizeof(float), perStep * sizeof(float));
            _layers[l].Forward(x, steps, lanes, w.Layers[l]);
            Buffer.MemoryCopy(last, state[l], perStep * sizeof(float), perStep * sizeof(float));
            if (!Config.Residual || l == 0) continue;
            Residual.Add(_compute, states + perStep, OutputOf(w, l - 1, lanes), OutputOf(w, l, lanes), length);
        }
    }

    /// <summary>From the gradient of the last layer's outputs, in DState, to that of the embeddings; adds to the layers' parameters in
    /// <paramref name="gradients"/>. <paramref name="dropout"/> is that of the forward pass; <paramref name="watcher"/> is told of each
    /// layer whose gradients are complete.</summary>
    public void Backward(
        int steps, int lanes, Workspace w, GruParameters gradients, LayerDropout? dropout, IGradientWatcher? watcher = null)
    {
        long perStep = (long)lanes * PaddedHidden, length = perStep * steps;
        for (int l = _layers.Length - 1; l >= 0; l--)
        {
            float* dX = l == 0 ? w.DEmbedding.Pointer : Config.Residual ? w.DInput.Pointer : w.DState.Pointer;
            var pass = new BackwardPass
            {
                X = InputOf(w, l, lanes, dropout),
                DY = w.DState.Pointer,
                DX = dX,
                Carry = w.Carry.Pointer,
                Steps = steps,
                Lanes = lanes,
                PackedInput = _packedInput,
                PackedState = _packedState,
            };
            _layers[l].Backward(pass, w.Layers[l], gradients, l);
            if (l == 0)
            {
                watcher?.LayerReady(l);
                continue;
            }

            if (Drops(dropout, out LayerDropout drop))
            {
                if (drop.Locked) Dropout.LockedBackward(_compute, w.Masks[l - 1].Pointer, dX, perStep, steps);
                else Dropout.Backward(_compute, w.Masks[l - 1].Pointer, dX, length);
            }

            if (Config.LayerNorm)
            {
                LayerNorm.Backward(
                    _compute, RowsTo(w, l, steps, lanes), _parameters.NormWeight(l), dX, gradients.NormWeight(l), gradients.NormBias(l));
            }

            watcher?.LayerReady(l);
            if (Config.Residual) Residual.Add(_compute, dX, w.DState.Pointer, w.DState.Pointer, length);
        }
    }

    public void Dispose()
    {
        foreach (FusedGruLayer layer in _layers) layer.Dispose();
        _packedInput.Dispose();
        _packedState.Dispose();
    }

    // From what layer l − 1 hands on to what layer l reads, y_{l−1} to u_l.
    private float* Between(int steps, int lanes, Workspace w, int l, LayerDropout? dropout)
    {
        float* x = OutputOf(w, l - 1, lanes);
        if (Config.LayerNorm)
        {
            float* normal = w.Normal[l - 1].Pointer;
            LayerNorm.Forward(_compute, RowsTo(w, l, steps, lanes), _parameters.NormWeight(l), _parameters.NormBias(l), normal);
            x = normal;
        }

        if (!Drops(dropout, out LayerDropout drop)) return x;
        float* dropped = w.Dropped[l - 1].Pointer, mask = w.Masks[l - 1].Pointer;
        var draw = new DropoutDraw(drop.Random, Config.Dropout, drop.Step, l, drop.Lanes, PaddedHidden);
        long perStep = (long)lanes * PaddedHidden;
        if (drop.Locked) Dropout.LockedForward(_compute, draw, x, mask, dropped, perStep, steps);
        else Dropout.Forward(_compute, draw, x, mask, dropped, perStep * steps);
        return dropped;
    }

    private bool Drops(LayerDropout? dropout, out LayerDropout drop)
    {
        drop = dropout ?? default;
        return dropout is not null && Config.Dropout > 0;
    }

    // What the normalisation before layer l reads, with its statistics.
    private LayerNorm.Rows RowsTo(Workspace w, int l, int steps, int lanes) => new()
    {
        X = OutputOf(w, l - 1, lanes),
        Statistics = w.Statistics[l - 1].Pointer,
        Count = steps * lanes,
        Width = Config.HiddenDim,
        Padded = PaddedHidden,
    };

    // y_l [T·B, H'].
    private float* OutputOf(Workspace w, int l, int lanes) =>
        Config.Residual && l > 0 ? w.Outputs[l - 1].Pointer : w.Layers[l].States.Pointer + ((long)lanes * PaddedHidden);

    // u_l while training: what layer l has read.
    private float* InputOf(Workspace w, int l, int lanes, LayerDropout? dropout) =>
        l == 0 ? w.Embedded.Pointer
        : Drops(dropout, out _) ? w.Dropped[l - 1].Pointer
        : Config.LayerNorm ? w.Normal[l - 1].Pointer
        : OutputOf(w, l - 1, lanes);
}
