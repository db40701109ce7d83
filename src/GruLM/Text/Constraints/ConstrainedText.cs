// A text under a constraint, which may be left in the middle and gone on with: what was given out of it, and where that stands.

using System.Text;
using GruLM.Generation;

namespace GruLM;

/// <summary>A text that must fit a constraint. Not thread-safe.</summary>
internal sealed class ConstrainedText
{
    private readonly List<byte> _given = [];
    private string? _constraint;

    /// <summary>Whether a text has been begun and not been ended.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Where it stands, with all tokens that were taken; null where nothing is asked of the text.</summary>
    public ConstraintCursor? Cursor { get; private set; }

    /// <summary>What was given out of a text that is not ended, and under which constraint; null where there is none.</summary>
    public PartOfConstrained? Part => IsOpen ? new(_constraint!, [.. _given]) : null;

    /// <summary>Goes on with the text, or begins one where none is open under this constraint. <paramref name="automaton"/> is null where
    /// nothing is asked of it.</summary>
    /// <exception cref="ArgumentException">So many tokens are too few.</exception>
    public void Begin(string? constraint, ConstraintAutomaton? automaton, int maxTokens)
    {
        Cursor = null;
        if (constraint != _constraint) End();
        if (automaton is null) return;
        ConstraintState? state = automaton.Read(automaton.Start, [.. _given]);
        if (state is null) End();
        state ??= automaton.Start;
        ConstraintCursor.CheckBudget(state, maxTokens);
        (Cursor, IsOpen, _constraint) = (new ConstraintCursor(automaton, state), true, constraint);
    }

    /// <summary>Text that was given out for good.</summary>
    public void Give(string text)
    {
        if (IsOpen) _given.AddRange(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Takes up a text that was left.</summary>
    public void Restore(PartOfConstrained? part)
    {
        End();
        if (part is null) return;
        _given.AddRange(part.Given);
        (_constraint, IsOpen) = (part.Constraint, true);
    }

    /// <summary>The text is whole, or is given up; the next one begins anew.</summary>
    public void End()
    {
        (_constraint, IsOpen) = (null, false);
        _given.Clear();
    }
}

/// <summary>A text under a constraint that was left in the middle.</summary>
/// <param name="Constraint">The constraint's fingerprint.</param>
/// <param name="Given">What was given out of it, in UTF-8.</param>
internal sealed record PartOfConstrained(string Constraint, byte[] Given);
