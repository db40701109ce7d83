// The embedding on the card: rows of the table for a batch's ids, and their gradients back into the table.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Looks up embeddings and learns them. One thread at a time.</summary>
internal sealed class CardEmbedding(Card card, CardParameters parameters)
{
    private readonly CudaKernel _embed = card.Kernel("layers", "embed");
    private readonly CudaKernel _scatter = card.Kernel("layers", "scatter", hasPrecision: false);

    private int Width => parameters.Config.EmbeddingDim;

    /// <summary>Embedded inputs, in planes.</summary>
    public void Forward(CardBatch batch, CardDropout dropout, DevicePointer numbers)
    {
        var x = PlaneRows.Of(batch.Workspace.Embedded, card.Planes, parameters.PaddedEmbedding);
        var arguments = new EmbeddingArguments
        {
            Table = parameters.Tensor(ParameterRole.Embedding, 0),
            Ids = batch.Ids,
            X = x.First,
            Plane = x.Plane,
            Numbers = numbers,
            Rows = dropout.Rows,
            RowsThreshold = dropout.RowsThreshold,
            Inputs = dropout.Inputs,
            Tokens = batch.Tokens,
            Lanes = batch.Lanes,
            Width = Width,
            Padded = parameters.PaddedEmbedding,
        };
        card.ForEach(_embed, (long)batch.Tokens * parameters.PaddedEmbedding / 8, arguments);
    }

    /// <summary>Adds the gradients of embedded inputs, in DInput, to the table's.</summary>
    public void Backward(CardBatch batch, CardDropout dropout, DevicePointer numbers, DeviceBuffer<float> gradients)
    {
        CardWorkspace w = batch.Workspace;
        var arguments = new ScatterArguments
        {
            DX = w.DInput.At(0),
            Order = batch.Order,
            Segments = batch.Segments,
            Count = batch.SegmentCounts,
            Gradient = parameters.In(gradients, ParameterRole.Embedding, 0),
            Parts = w.Scattered.At(0),
            Numbers = numbers,
            Rows = dropout.Rows,
            RowsThreshold = dropout.RowsThreshold,
            Inputs = dropout.Inputs,
            Lanes = batch.Lanes,
            Width = Width,
            Padded = parameters.PaddedEmbedding,
        };
        card.Context.Launch(_scatter, new Grid(EmbeddingSegments.MostSegments(batch.Tokens)), 128, 0, arguments);
        arguments.Segments = batch.Cut;
        arguments.Count = batch.CutCount;
        arguments.FromParts = 1;
        card.Context.Launch(_scatter, new Grid(EmbeddingSegments.MostCut(batch.Tokens)), 128, 0, arguments);
    }
}
