// What the first layer reads: the embeddings of a batch's tokens with their two kinds of dropout, and the way of the gradient back to the
// embedding. The output's dropout is the model's own.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Embeds the tokens of batches in rows of <paramref name="stride"/> floats. Not thread-safe.</summary>
internal sealed unsafe class EmbeddedTokens(
    GruParameters parameters, Compute compute, Regularisation regularisation, Philox random, int stride)
{
    private int Width => parameters.Config.EmbeddingDim;

    /// <summary>The embeddings as they are: Embedded [T·B, E'] of the workspace.</summary>
    public void Embed(int* ids, TokenBatch batch, Workspace w) =>
        Embedding.Gather(compute, parameters.Embedding, Width, ids, batch.Steps * batch.Lanes, w.Embedded.Pointer, stride);

    /// <summary>The embeddings that training reads in step <paramref name="step"/>.</summary>
    public void EmbedForTraining(int* ids, TokenBatch batch, Workspace w, long step)
    {
        Embed(ids, batch, w);
        int tokens = batch.Steps * batch.Lanes;
        if (regularisation.EmbeddingDropout > 0)
        {
            var draw = new DropoutDraw(random, regularisation.EmbeddingDropout, step, (int)DropoutPlace.Embedding);
            Dropout.DrawRows(draw, ids, tokens, w.RowFactors.Pointer);
            Dropout.ScaleRows(compute, w.Embedded.Pointer, tokens, stride, w.RowFactors.Pointer);
        }

        if (regularisation.InputDropout > 0)
        {
            var draw = new DropoutDraw(random, regularisation.InputDropout, step, (int)DropoutPlace.Input);
            Dropout.LockedForward(
                compute, draw with { Lanes = batch.Place, Width = stride }, w.Embedded.Pointer, w.InputMask.Pointer, w.Embedded.Pointer,
                (long)batch.Lanes * stride, batch.Steps);
        }
    }

    /// <summary>Adds the gradient of what was embedded, DEmbedding of the workspace, to that of the embedding, unless
    /// <paramref name="watcher"/> takes its rows.</summary>
    public void Backward(int* ids, TokenBatch batch, Workspace w, GruParameters gradients, IGradientWatcher? watcher)
    {
        int tokens = batch.Steps * batch.Lanes;
        float* dX = w.DEmbedding.Pointer;
        if (regularisation.InputDropout > 0)
        {
            Dropout.LockedBackward(compute, w.InputMask.Pointer, dX, (long)batch.Lanes * stride, batch.Steps);
        }

        if (regularisation.EmbeddingDropout > 0) Dropout.ScaleRows(compute, dX, tokens, stride, w.RowFactors.Pointer);
        if (watcher?.TakesRows(dX, stride) == true) return;
        Embedding.Scatter(compute, gradients.Embedding, Width, ids, tokens, dX, stride);
        watcher?.EmbeddingReady();
    }
}
