// Lines as token ids, wherever they lie: in memory, or in two files that are mapped into it (TokenFile.cs), one with the ids of all lines
// after one another and one with the lengths of the lines.

namespace GruLM.Training;

/// <summary>Lines as token ids, without what is fed before and predicted after them. Safe for several threads that read.</summary>
public interface ITokenLines
{
    /// <summary>How many lines there are.</summary>
    int Count { get; }

    /// <summary>The ids of a line. Do not change them.</summary>
    int[] this[int line] { get; }

    /// <summary>How many ids a line has.</summary>
    int LengthOf(int line);
}
