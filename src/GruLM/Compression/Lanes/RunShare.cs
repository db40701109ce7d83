// How often an element was a run of bytes so far: in text that costs next to nothing to say.
// Source: the estimator of Krichevsky and Trofimov 1981.

namespace GruLM.Compression;

/// <summary>Counts of runs and of tokens, as the odds of the next element. Not thread-safe.</summary>
internal sealed class RunShare
{
    // Older elements count half from here on.
    private const ulong MostElements = 1 << 16;

    private ulong _runs, _elements;

    /// <summary>The frequency of tokens; those of runs follow on it.</summary>
    public ulong Tokens => (2 * (_elements - _runs)) + 1;

    /// <summary>The frequency of runs.</summary>
    public ulong Runs => (2 * _runs) + 1;

    /// <summary>The sum of both.</summary>
    public ulong Total => Tokens + Runs;

    /// <summary>Counts an element.</summary>
    public void Add(bool isRun)
    {
        _elements++;
        if (isRun) _runs++;
        if (_elements < MostElements) return;
        _elements /= 2;
        _runs /= 2;
    }
}
