// The states that lanes carry from one batch to the next, on the card.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>The state of every layer and lane between batches: [L, B', H'].</summary>
internal sealed class CardStates(Card card, GruConfig config) : IDisposable
{
    private readonly int _padded = Card.PadUnits(config.HiddenDim);
    private DeviceBuffer<float> _buffer = card.Context.Allocate<float>(0);
    private int _lanes;

    /// <summary>The states of a layer [B', H'].</summary>
    public DevicePointer this[int layer] => _buffer.At(First(layer));

    /// <summary>Makes room for <paramref name="lanes"/>; another number of lanes starts from zero. Recordings that speak of memory that is
    /// given up are forgotten.</summary>
    /// <returns>Whether they start from zero.</returns>
    public bool Prepare(int lanes, Recordings recordings)
    {
        if (lanes == _lanes) return false;
        long length = (long)config.NumLayers * Card.PadLanes(lanes) * _padded;
        if (length > _buffer.Length)
        {
            // Where there is no room for it, none is left of what was.
            recordings.Forget();
            _buffer.Dispose();
            (_lanes, _buffer) = (0, card.Context.Allocate<float>(0));
            _buffer = card.Context.Allocate<float>(length);
        }

        _lanes = lanes;
        return true;
    }

    /// <summary>Copies a layer's last states here.</summary>
    public void Take(int layer, DeviceBuffer<float> states, long first) =>
        card.Context.Copy(states, first, _buffer, First(layer), (long)Card.PadLanes(_lanes) * _padded);

    /// <summary>A copy in this machine's memory, laid out as a model on the processor has it.</summary>
    public LaneStates ToHost()
    {
        var states = new LaneStates(config.NumLayers, FusedGruLayer.Padded(config.HiddenDim));
        states.Prepare(_lanes, fresh: true);
        float[] values = new float[_buffer.Length];
        card.Context.Download(_buffer, 0, values);
        ForEachLane(states, (onHost, place) => values.AsSpan(place, config.HiddenDim).CopyTo(states.Values[onHost..]));
        return states;
    }

    /// <summary>Takes over states of a model on the processor.</summary>
    public void FromHost(LaneStates states, Recordings recordings)
    {
        Prepare(states.Lanes, recordings);
        float[] values = new float[_buffer.Length];
        ForEachLane(states, (onHost, place) => states.Values.Slice(onHost, config.HiddenDim).CopyTo(values.AsSpan(place)));
        card.Context.Upload(_buffer, 0, (ReadOnlySpan<float>)values);
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private long First(int layer) => (long)layer * Card.PadLanes(_lanes) * _padded;

    private void ForEachLane(LaneStates states, Action<int, int> copy)
    {
        for (int l = 0; l < config.NumLayers; l++)
        {
            for (int b = 0; b < states.Lanes; b++)
            {
                copy(((l * states.Lanes) + b) * states.PaddedHidden, (int)First(l) + (b * _padded));
            }
        }
    }
}
