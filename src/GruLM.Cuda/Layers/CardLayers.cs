// The stack of GRU layers on the card, forward and backward, with what stands between them: the order of LayerStack.cs, whose opening
// comment has the equations.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>All layers of a model, over sequences. One thread at a time.</summary>
internal sealed class CardLayers
{
    private const int NormRows = 64;
    private readonly Card _card;
    private readonly CardParameters _parameters;
    private readonly CardProducts _products;
    private readonly CardRecurrence _recurrence;
    private readonly CudaKernel _between, _mask, _backward, _normParts, _normGradients, _add;

    /// <summary>Loads the kernels.</summary>
    public CardLayers(Card card, CardParameters parameters, CardProducts products)
    {
        (_card, _parameters, _products) = (card, parameters, products);
        _recurrence = new CardRecurrence(card, parameters, products);
        _between = card.Kernel("layers", "between");
        _mask = card.Kernel("layers", "between_mask", hasPrecision: false);
        _backward = card.Kernel("layers", "between_backward", hasPrecision: false);
        _normParts = card.Kernel("layers", "norm_parts", hasPrecision: false);
        _normGradients = card.Kernel("layers", "norm_gradients", hasPrecision: false);
        _add = card.Kernel("layers", "add", hasPrecision: false);
    }

    private GruConfig Config => _parameters.Config;

    private int Padded => _parameters.PaddedHidden;

    private int Top => Config.NumLayers - 1;

    /// <summary>All layers over embedded inputs; the carried states are read and become those after the batch.</summary>
    public void Forward(CardBatch batch, CardStates carried, CardDropout dropout, DevicePointer numbers, bool training)
    {
        for (int l = 0; l < Config.NumLayers; l++)
        {
            if (l > 0 && ReadsBetween(l, dropout)) MakeBetween(batch, l, dropout.Between(l), dropout.Locked, numbers);
            var gates = new ProductTarget(batch.Workspace.Gates[training ? l : 0].At(0), 3 * Padded);
            _products.Multiply(
                ProductKind.RowsByRows, ReadBy(batch, l, dropout), _parameters.Input(l), batch.Tokens, 3 * Padded,
                _parameters.PaddedInput(l), gates);
            _recurrence.Forward(batch, l, carried, training);
            if (Config.Residual && l > 0) AddBelow(batch, l);
        }
    }

    /// <summary>What the output layer reads [N, H'], in planes.</summary>
    public PlaneRows Outputs(CardBatch batch, CardDropout dropout, DevicePointer numbers)
    {
        bool isStates = !dropout.Outputs.Drops && !(Config.Residual && Top > 0);
        if (isStates) return StatesAfter(batch, Top);
        var top = PlaneRows.Of(batch.Workspace.Top, _card.Planes, Padded);
        BetweenArguments arguments = Between(batch, Top + 1, dropout.Outputs, locked: true, numbers);
        (arguments.Y, arguments.Plane) = (top.First, top.Plane);
        LaunchRows(_between, batch.Tokens, arguments);
        return top;
    }

    /// <summary>What the last layer hands on, as float32 [N, H'].</summary>
    public DevicePointer LastOutputs(CardBatch batch) => OutputOf(batch, Top);

    /// <summary>From the gradient of the last layer's outputs, in DState, to that of the embedded inputs, in DInput; adds to the layers'
    /// gradients.</summary>
    public void Backward(CardBatch batch, CardDropout dropout, DevicePointer numbers, DeviceBuffer<float> gradients)
    {
        CardWorkspace w = batch.Workspace;

        // Kernels write no padding, and products read it.
        if (Padded != Config.HiddenDim) _card.Context.Clear(w.DGates, 0, w.DGates.Length);
        for (int l = Top; l >= 0; l--)
        {
            _recurrence.Backward(batch, l, gradients);
            var dGates = PlaneRows.Of(w.DGates, _card.Planes, 4 * Padded);
            WeightGradients(batch, l, dGates, ReadBy(batch, l, dropout), gradients);
            DeviceBuffer<float> dInput = l == 0 || Config.Residual ? w.DInput : w.DState;
            int width = _parameters.PaddedInput(l);
            _products.Multiply(
                ProductKind.RowsByColumns, dGates, _parameters.Input(l), batch.Tokens, width, 3 * Padded,
                new ProductTarget(dInput.At(0), width));
            if (l > 0) BackwardBetween(batch, l, dInput, dropout, numbers, gradients);
        }
    }

    private void WeightGradients(CardBatch batch, int l, PlaneRows dGates, PlaneRows read, DeviceBuffer<float> gradients)
    {
        int h = Config.HiddenDim, inputs = Config.InputDim(l);
        ParameterView state = _parameters.View(ParameterRole.RecurrentWeights, l);
        var input = new ProductTarget(
            _parameters.In(gradients, ParameterRole.InputWeights, l), inputs, Add: true, Group: Padded, Kept: h);
        _products.Multiply(ProductKind.ColumnsByColumns, dGates, read, 3 * Padded, inputs, batch.Tokens, input);
        var before = PlaneRows.Of(batch.Workspace.StatePlanes[l], _card.Planes, Padded);
        var resetAndUpdate = new ProductTarget(gradients.At(state.Offset), h, Add: true, Group: Padded, Kept: h);
        _products.Multiply(ProductKind.ColumnsByColumns, dGates, before, 2 * Padded, h, batch.Tokens, resetAndUpdate);
        var candidate = new ProductTarget(gradients.At(state.Offset + (2L * h * h)), h, Add: true);
        _products.Multiply(ProductKind.ColumnsByColumns, dGates.At(0, 3 * Padded), before, h, h, batch.Tokens, candidate);
    }

    // From the gradient of what layer l has read to that of what the layer below hands on, in DState.
    private void BackwardBetween(
        CardBatch batch, int l, DeviceBuffer<float> dInput, CardDropout dropout, DevicePointer numbers, DeviceBuffer<float> gradients)
    {
        CardWorkspace w = batch.Workspace;
        BetweenArguments read = Between(batch, l, dropout.Between(l), dropout.Locked, numbers);
        var arguments = new BetweenBackwardArguments
        {
            D = dInput.At(0),
            X = read.X,
            Gain = read.Gain,
            Statistics = read.Statistics,
            Numbers = numbers,
            Mask = read.Mask,
            Tokens = batch.Tokens,
            Lanes = batch.Lanes,
            RealLanes = batch.RealLanes,
            Hidden = Config.HiddenDim,
            Padded = Padded,
            Locked = read.Locked,
        };
        if (read.Mask.Drops) _card.ForEach(_mask, (long)batch.Tokens * Padded / 8, arguments);
        if (Config.LayerNorm)
        {
            NormGradients(batch, l, arguments, gradients);
            LaunchRows(_backward, batch.Tokens, arguments);
        }

        if (!Config.Residual) return;
        var sum = new AddArguments
        {
            X = dInput.At(0),
            Y = w.DState.At(0),
            Sum = w.DState.At(0),
            Length = (long)batch.Tokens * Padded,
        };
        _card.ForEach(_add, sum.Length / 4, sum);
    }

    private void NormGradients(CardBatch batch, int l, BetweenBackwardArguments rows, DeviceBuffer<float> gradients)
    {
        // As many parts as there is room for, or fewer.
        int each = Math.Max(NormRows, (batch.Tokens + NormRows - 1) / NormRows), parts = (batch.Tokens + each - 1) / each;
        var arguments = new NormGradientArguments
        {
            D = rows.D,
            X = rows.X,
            Statistics = rows.Statistics,
            Parts = batch.Workspace.NormParts.At(0),
            Gain = _parameters.In(gradients, ParameterRole.NormGain, l),
            Bias = _parameters.In(gradients, ParameterRole.NormBias, l),
            Tokens = batch.Tokens,
            Hidden = Config.HiddenDim,
            Padded = Padded,
            Rows = each,
            PartsCount = parts,
        };
        int blocks = (Config.HiddenDim + 127) / 128;
        _card.Context.Launch(_normParts, new Grid(blocks, parts), 128, 0, arguments);
        _card.Context.Launch(_normGradients, new Grid(blocks), 128, 0, arguments);
    }

    private void MakeBetween(CardBatch batch, int l, Mask mask, bool locked, DevicePointer numbers)
    {
        BetweenArguments arguments = Between(batch, l, mask, locked, numbers);
        var read = PlaneRows.Of(batch.Workspace.Between[l - 1], _card.Planes, Padded);
        (arguments.Y, arguments.Plane) = (read.First, read.Plane);
        LaunchRows(_between, batch.Tokens, arguments);
    }

    // From what layer l - 1 hands on to what layer l (or, behind the last, the output layer) reads.
    private BetweenArguments Between(CardBatch batch, int l, Mask mask, bool locked, DevicePointer numbers)
    {
        bool normalises = Config.LayerNorm && l <= Top;
        return new BetweenArguments
        {
            X = OutputOf(batch, l - 1),
            Gain = normalises ? _parameters.Tensor(ParameterRole.NormGain, l) : default,
            Bias = normalises ? _parameters.Tensor(ParameterRole.NormBias, l) : default,
            Statistics = normalises ? batch.Workspace.Statistics[l - 1].At(0) : default,
            Numbers = numbers,
            Mask = mask,
            Tokens = batch.Tokens,
            Lanes = batch.Lanes,
            RealLanes = batch.RealLanes,
            Hidden = Config.HiddenDim,
            Padded = Padded,
            Locked = locked ? 1 : 0,
        };
    }

    private void AddBelow(CardBatch batch, int l)
    {
        var sum = new AddArguments
        {
            X = batch.Workspace.States[l].At((long)batch.Lanes * Padded),
            Y = OutputOf(batch, l - 1),
            Sum = batch.Workspace.Outputs[l - 1].At(0),
            Length = (long)batch.Tokens * Padded,
        };
        _card.ForEach(_add, sum.Length / 4, sum);
    }

    // A kernel with a warp for each row, eight in a block.
    private void LaunchRows<TArguments>(CudaKernel kernel, int rows, in TArguments arguments)
        where TArguments : unmanaged => _card.Context.Launch(kernel, new Grid((rows + 7) / 8), 256, 0, arguments);

    private bool ReadsBetween(int l, CardDropout dropout) =>
        Config.LayerNorm || dropout.Between(l).Drops || (Config.Residual && l > 1);

    private PlaneRows ReadBy(CardBatch batch, int l, CardDropout dropout) =>
        l == 0 ? PlaneRows.Of(batch.Workspace.Embedded, _card.Planes, _parameters.PaddedEmbedding)
        : ReadsBetween(l, dropout) ? PlaneRows.Of(batch.Workspace.Between[l - 1], _card.Planes, Padded)
        : StatesAfter(batch, l - 1);

    private PlaneRows StatesAfter(CardBatch batch, int l) =>
        PlaneRows.Of(batch.Workspace.StatePlanes[l], _card.Planes, Padded).At(batch.Lanes);

    private DevicePointer OutputOf(CardBatch batch, int l) =>
        Config.Residual && l > 0 ? batch.Workspace.Outputs[l - 1].At(0) : batch.Workspace.States[l].At((long)batch.Lanes * Padded);
}
