// The states that lanes of text carry from one window to the next.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>The state of every layer and lane between batches: [L, B, H'].</summary>
internal sealed unsafe class LaneStates(int layerCount, int paddedHidden) : IDisposable
{
    private AlignedBuffer<float> _buffer = new(0);

    public int Layers => layerCount;

    public int Lanes { get; private set; }

    public int PaddedHidden => paddedHidden;

    public Span<float> Values => _buffer.Slice(0, checked((int)((long)layerCount * Lanes * paddedHidden)));

    public float* this[int layer] => _buffer.Pointer + ((long)layer * Lanes * paddedHidden);

    /// <summary>Makes room for the batch's lanes, and sets those to zero that start fresh or are new.</summary>
    public void Prepare(TokenBatch batch)
    {
        Prepare(batch.Lanes, batch.StartsFresh);
        for (int b = 0; b < batch.Lanes; b++)
        {
            if (!batch.FreshLanes[b]) continue;
            for (int l = 0; l < layerCount; l++) new Span<float>(this[l] + ((long)b * paddedHidden), paddedHidden).Clear();
        }
    }

    /// <summary>Makes room for <paramref name="lanes"/>; a new number of lanes, or <paramref name="fresh"/>, starts from zero.</summary>
    public void Prepare(int lanes, bool fresh)
    {
        if (lanes == Lanes && !fresh) return;
        if (lanes != Lanes)
        {
            _buffer.Dispose();
            _buffer = new AlignedBuffer<float>((long)layerCount * lanes * paddedHidden);
            Lanes = lanes;
        }

        Values.Clear();
    }

    /// <summary>Forgets all lanes but some.</summary>
    public void Keep(int first, int lanes)
    {
        if (lanes == Lanes) return;
        var kept = new AlignedBuffer<float>((long)layerCount * lanes * paddedHidden);
        int width = lanes * paddedHidden;
        for (int l = 0; l < layerCount; l++)
        {
            _buffer.Slice((((long)l * Lanes) + first) * paddedHidden, width).CopyTo(kept.Slice((long)l * width, width));
        }

        _buffer.Dispose();
        (_buffer, Lanes) = (kept, lanes);
    }

    public void Dispose() => _buffer.Dispose();
}
