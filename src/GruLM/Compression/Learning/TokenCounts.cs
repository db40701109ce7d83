// How often each token stood in the content so far, with sums that are found in a few steps.
// Source: Fenwick 1994.

namespace GruLM.Compression;

/// <summary>Counts of tokens. Not thread-safe.</summary>
internal sealed class TokenCounts(int vocabSize)
{
    // All counts are halved from here on, so that what is long ago counts less.
    private const int MostTokens = 1 << 15;

    private readonly int[] _counts = new int[vocabSize];

    // Element i, from 1 on, has the counts of as many tokens up to i − 1 as its lowest bit says.
    private readonly int[] _sums = new int[vocabSize + 1];

    /// <summary>All counts together.</summary>
    public int Total { get; private set; }

    /// <summary>Tokens in the vocabulary.</summary>
    public int Length => _counts.Length;

    /// <summary>The count of a token.</summary>
    public int this[int id] => _counts[id];

    /// <summary>The counts of all tokens before <paramref name="id"/>, which may be V.</summary>
    public int Before(int id)
    {
        int sum = 0;
        for (int i = id; i > 0; i &= i - 1) sum += _sums[i];
        return sum;
    }

    /// <summary>Counts a token.</summary>
    public void Add(int id)
    {
        Change(id, 1);
        if (Total < MostTokens) return;
        for (int i = 0; i < _counts.Length; i++) Change(i, (_counts[i] / 2) - _counts[i]);
    }

    private void Change(int id, int by)
    {
        if (by == 0) return;
        _counts[id] += by;
        Total += by;
        for (int i = id + 1; i < _sums.Length; i += i & -i) _sums[i] += by;
    }
}
