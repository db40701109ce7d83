// Who is told, while a backward pass goes on, which gradients are complete: whoever adds them up over several processes can begin with
// those while the others are computed. The output layer's come first, then those of the layers from the last to the first, then the
// embedding's.

namespace GruLM.Model;

/// <summary>Watches a backward pass. Called by the thread that computes.</summary>
internal unsafe interface IGradientWatcher
{
    /// <summary>The gradient of the output layer's weights is complete; where they are the embedding's too, the embedding's own share is
    /// still to come.</summary>
    void OutputReady();

    /// <summary>The gradients of a layer, and of the normalisation before it, are complete.</summary>
    void LayerReady(int layer);

    /// <summary>Offers the gradients of the embedded tokens of the batch, [T·B] rows of <paramref name="stride"/> floats that begin with E
    /// of gradient. Returns whether they were taken; what is not is added to the embedding's gradient.</summary>
    bool TakesRows(float* rows, int stride);

    /// <summary>The gradient of the embedding is complete; said where rows were not taken.</summary>
    void EmbeddingReady();
}
