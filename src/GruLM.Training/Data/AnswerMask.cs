// Which tokens of an exchange count: those of the answers, after <ai> up to and including <end>. What a person says is read but not
// learned, so that a small model spends nothing on guessing questions. An answer also ends where the next prompt begins.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Leaves everything but answers out of loss and figures. Immutable, and so safe for several threads.</summary>
/// <param name="Prompt">The id before what a person says; negative when there is none.</param>
/// <param name="Ai">The id before an answer.</param>
/// <param name="End">The id after an answer.</param>
public sealed record AnswerMask(int Prompt, int Ai, int End)
{
    /// <summary>Whether the token at <paramref name="position"/> of a line counts; the position after the last is that of the line's
    /// end.</summary>
    public bool Counts(ReadOnlySpan<int> line, int position) =>
        Inside(line, position) && (position == line.Length || line[position] != Prompt);

    /// <summary>How many tokens of a line count, its end among them.</summary>
    public int Count(ReadOnlySpan<int> line)
    {
        int count = 0;
        bool inside = false;
        for (int position = 0; position <= line.Length; position++)
        {
            int token = position == line.Length ? End : line[position];
            if (inside && token != Prompt) count++;
            inside = Next(inside, token);
        }

        return count;
    }

    /// <summary>Ignores the targets of a lane that do not count; its first step is at <paramref name="offset"/> of the line.</summary>
    internal void Apply(TokenBatch batch, int lane, ReadOnlySpan<int> line, int offset)
    {
        bool inside = Inside(line, Math.Min(offset, line.Length));
        for (int t = 0; t < batch.Steps && offset + t <= line.Length; t++)
        {
            int at = (t * batch.Lanes) + lane, token = batch.Targets[at];
            if (!inside || token == Prompt) batch.Targets[at] = TokenBatch.Ignored;
            inside = Next(inside, token);
        }
    }

    // The last marker before a position tells whose words stand there.
    private bool Inside(ReadOnlySpan<int> line, int position) =>
        line[..position].LastIndexOfAny(Prompt, Ai, End) is >= 0 and var last && line[last] == Ai;

    private bool Next(bool inside, int token) => token == Ai || (inside && token != End && token != Prompt);
}
