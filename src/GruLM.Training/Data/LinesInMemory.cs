// The tokens of line samples in memory: one array of ids, and where each line ends.

namespace GruLM.Training;

/// <summary>Lines in memory.</summary>
public sealed class LinesInMemory(IReadOnlyList<int[]> lines) : ITokenLines
{
    /// <inheritdoc/>
    public int Count => lines.Count;

    /// <inheritdoc/>
    public int[] this[int line] => lines[line];

    /// <inheritdoc/>
    public int LengthOf(int line) => lines[line].Length;
}
