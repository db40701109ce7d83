// The tokens of line samples in memory, an array a line. The lengths stand apart as well: they are asked for in random order far more often
// than the lines are, and side by side most of them stay in the processor's cache.

namespace GruLM.Training;

/// <summary>Lines in memory. Several threads may read at a time.</summary>
public sealed class LinesInMemory(IReadOnlyList<int[]> lines) : ITokenLines
{
    private readonly int[] _lengths = [.. lines.Select(line => line.Length)];

    /// <inheritdoc/>
    public int Count => lines.Count;

    /// <inheritdoc/>
    public int[] this[int line] => lines[line];

    /// <inheritdoc/>
    public int LengthOf(int line) => _lengths[line];
}
