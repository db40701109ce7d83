// One text being read or written in int8: a state, and nothing else.

using GruLM.Model;

namespace GruLM.Generation;

/// <summary>A state that the tokens of a text advance. Not thread-safe.</summary>
internal sealed class Int8Session : IDecodingSession
{
    private readonly Int8Decoder _decoder;
    private float[]? _state;

    internal Int8Session(Int8Decoder decoder)
    {
        _decoder = decoder;

        // Never moved, so that its address is good for as long as anyone holds it.
        _state = GC.AllocateArray<float>(decoder.StateLength, pinned: true);
    }

    /// <inheritdoc/>
    public GruConfig Config => _decoder.Config;

    /// <summary>The decoder that it belongs to.</summary>
    internal Int8Decoder Decoder => _decoder;

    /// <summary>The state, each layer padded. Throws <see cref="ObjectDisposedException"/> after <see cref="Dispose"/>.</summary>
    internal float[] State => _state ?? throw new ObjectDisposedException(nameof(Int8Session));

    /// <inheritdoc/>
    public void Read(int id) => _decoder.Read(State, [id]);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> ids) => _decoder.Read(State, ids);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits() => _decoder.Logits(State);

    /// <inheritdoc/>
    public ReadOnlySpan<float> BestLogits(int best) => _decoder.Logits(State, best);

    /// <inheritdoc/>
    public float[] SaveState()
    {
        float[] state = State, copy = new float[Config.NumLayers * Config.HiddenDim];
        for (int l = 0; l < Config.NumLayers; l++)
        {
            state.AsSpan(l * _decoder.PaddedUnits, Config.HiddenDim).CopyTo(copy.AsSpan(l * Config.HiddenDim));
        }

        return copy;
    }

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<float> saved)
    {
        float[] state = State;
        if (saved.Length != Config.NumLayers * Config.HiddenDim)
        {
            throw new ArgumentException($"the state has {saved.Length} numbers; this model's has {Config.NumLayers} x {Config.HiddenDim}");
        }

        for (int l = 0; l < Config.NumLayers; l++)
        {
            saved.Slice(l * Config.HiddenDim, Config.HiddenDim).CopyTo(state.AsSpan(l * _decoder.PaddedUnits));
        }
    }

    /// <inheritdoc/>
    public void Reset() => State.AsSpan().Clear();

    /// <inheritdoc/>
    public void Dispose() => _state = null;
}
