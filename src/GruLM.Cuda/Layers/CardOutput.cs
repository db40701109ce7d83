// Output layer and cross-entropy on the card, some rows at a time, so that the logits of a whole batch never exist: the equations are
// those of SoftmaxLoss.cs.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>The output layer with its loss. One thread at a time.</summary>
internal sealed class CardOutput
{
    private readonly Card _card;
    private readonly CardParameters _parameters;
    private readonly CardProducts _products;
    private readonly CudaKernel _loss, _sums, _top;

    /// <summary>Loads the kernels.</summary>
    public CardOutput(Card card, CardParameters parameters, CardProducts products)
    {
        (_card, _parameters, _products) = (card, parameters, products);
        _loss = card.Kernel("output", "loss");
        _sums = card.Kernel("output", "loss_sums", hasPrecision: false);
        _top = card.Kernel("output", "top_backward", hasPrecision: false);
    }

    private GruConfig Config => _parameters.Config;

    private int Padded => _parameters.PaddedHidden;

    /// <summary>Losses of all rows of <paramref name="top"/> [N, H'] and their sums; with <paramref name="gradients"/> also the gradient of
    /// what was read, in DState, and the output layer's, which is added.</summary>
    public void Run(CardBatch batch, PlaneRows top, DevicePointer numbers, DeviceBuffer<float>? gradients)
    {
        CardWorkspace w = batch.Workspace;
        ParameterRole role = Config.TieWeights ? ParameterRole.Embedding : ParameterRole.Output;
        for (int first = 0; first < batch.Tokens; first += w.ChunkRows)
        {
            int rows = Math.Min(w.ChunkRows, batch.Tokens - first);
            PlaneRows part = top.At(first);
            _products.Multiply(
                ProductKind.RowsByRows, part, _parameters.Output, rows, Config.VocabSize, Padded,
                new ProductTarget(w.Logits.At(0), w.LogitRow));
            Losses(batch, first, rows, numbers, hasGradient: gradients is not null);
            if (gradients is null) continue;
            var dLogits = PlaneRows.Of(w.DLogits, _card.Planes, w.LogitRow);
            _products.Multiply(
                ProductKind.RowsByColumns, dLogits, _parameters.Output, rows, Padded, Config.VocabSize,
                new ProductTarget(w.DState.At((long)first * Padded), Padded));
            _products.Multiply(
                ProductKind.ColumnsByColumns, dLogits, part, Config.VocabSize, Config.HiddenDim, rows,
                new ProductTarget(_parameters.In(gradients, role, 0), Config.HiddenDim, Add: true));
        }

        var sums = new LossSumArguments
        {
            Nll = w.Nll.At(0),
            Correct = w.Correct.At(0),
            Targets = batch.TargetsAt(0),
            Sums = w.Sums.At(0),
            Rows = batch.Tokens,
            First = 1,
        };
        _card.Context.Launch(_sums, new Grid(1), 1024, 33 * sizeof(double), sums);
    }

    /// <summary>From the gradient of what the output layer has read, in DState, to that of the last layer's outputs, penalties
    /// included.</summary>
    public void BackwardTop(CardBatch batch, DevicePointer outputs, Mask mask, bool hasPenalties, DevicePointer numbers)
    {
        if (!mask.Drops && !hasPenalties) return;
        var arguments = new TopArguments
        {
            D = batch.Workspace.DState.At(0),
            Outputs = outputs,
            Mask = mask,
            Numbers = numbers,
            Steps = batch.Steps,
            Lanes = batch.Lanes,
            RealLanes = batch.RealLanes,
            Hidden = Config.HiddenDim,
            Padded = Padded,
            HasPenalties = hasPenalties ? 1 : 0,
        };
        _card.ForEach(_top, (long)batch.Tokens * Padded / 8, arguments);
    }

    private void Losses(CardBatch batch, int first, int rows, DevicePointer numbers, bool hasGradient)
    {
        CardWorkspace w = batch.Workspace;
        var gradient = PlaneRows.Of(w.DLogits, _card.Planes, w.LogitRow);
        var loss = new LossArguments
        {
            Logits = w.Logits.At(0),
            Gradient = hasGradient ? gradient.First : default,
            Plane = gradient.Plane,
            Targets = batch.TargetsAt(first),
            Nll = w.Nll.At(first),
            Correct = w.Correct.At(first),
            Numbers = numbers,
            Vocabulary = Config.VocabSize,
            RowLength = w.LogitRow,
        };
        _card.Context.Launch(_loss, new Grid(rows), 512, 64 * sizeof(float), loss);
    }
}
