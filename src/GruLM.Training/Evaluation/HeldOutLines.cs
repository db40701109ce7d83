// Held-out text that is read line by line, each from a fresh state.

namespace GruLM.Training;

/// <summary>Lines: ids of each (without bos and end), and the UTF-8 bytes of each without its line end. Safe for several threads as long as
/// nobody changes the lists.</summary>
/// <param name="Lines">Token ids of each line.</param>
/// <param name="Bytes">Bytes of each line.</param>
/// <param name="Bos">The id fed first; −1: none, so that a line's first token is read unpredicted, and nothing is predicted after its
/// last. <paramref name="Bytes"/> counts what is predicted, then.</param>
/// <param name="End">The id predicted last.</param>
/// <param name="Mask">Leaves all but answers out, in which case <paramref name="Bytes"/> counts their bytes alone. Null: everything
/// counts.</param>
public sealed record HeldOutLines(IReadOnlyList<int[]> Lines, IReadOnlyList<int> Bytes, int Bos, int End, AnswerMask? Mask = null) : HeldOut
{
    /// <inheritdoc/>
    public override long Tokens => Lines.Sum(line => (long)new LineSamples.Frame(Bos, End, Mask).Counted(line));

    /// <summary>UTF-8 bytes that are predicted of a line, one for its end.</summary>
    internal long PredictedBytes(int line) => Bytes[line] + (HasEnd(line) ? 1L : 0);

    private bool HasEnd(int line) => Bos >= 0 && (Mask is null || Mask.Counts(Lines[line], Lines[line].Length));
}
