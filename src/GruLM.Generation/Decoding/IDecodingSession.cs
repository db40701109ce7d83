// One text being read or written by a model, wherever the model computes.

using GruLM.Model;

namespace GruLM.Generation;

/// <summary>A state that tokens advance. Not thread-safe.</summary>
public interface IDecodingSession : IDisposable
{
    /// <summary>The model's architecture.</summary>
    GruConfig Config { get; }

    /// <summary>Reads one token, advancing the state.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    void Read(int id);

    /// <summary>Reads several tokens, one after another; all at once where that is faster.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    void Read(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids) Read(id);
    }

    /// <summary>Scores of the next token: [V], valid until the next call for any session of the same decoder.</summary>
    ReadOnlySpan<float> Logits();

    /// <summary>The same where only the <paramref name="best"/> best matter (<see cref="Sampler.BestNeeded"/> says how many): these are
    /// exact; the others may be anything that is lower than they are. 0 asks for all.</summary>
    ReadOnlySpan<float> BestLogits(int best) => Logits();

    /// <summary>Copies the state, the model's whole memory, out: [L, H].</summary>
    float[] SaveState();

    /// <summary>Sets the state to one saved before: [L, H].</summary>
    /// <exception cref="ArgumentException">It is not of this model's size.</exception>
    void RestoreState(ReadOnlySpan<float> saved);

    /// <summary>Sets the state to zero.</summary>
    void Reset();
}
