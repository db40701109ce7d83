// A text that is written under a constraint: where it stands, and which tokens may come next when so many are left.

namespace GruLM.Generation;

/// <summary>A place in an automaton. Not thread-safe; several of one automaton may be at work.</summary>
internal sealed class ConstraintCursor(ConstraintAutomaton automaton, ConstraintState state)
{
    private readonly ulong[] _scratch = new ulong[TokenMask.Words(automaton.VocabSize)];

    /// <summary>Begins a text.</summary>
    public ConstraintCursor(ConstraintAutomaton automaton)
        : this(automaton, automaton.Start)
    {
    }

    /// <summary>Where the text stands.</summary>
    public ConstraintState State { get; private set; } = state;

    /// <summary>Whether it is one that the constraint allows.</summary>
    public bool IsComplete => State.IsComplete;

    /// <summary>The tokens that may come next, bit i for token i, when no more than <paramref name="left"/> are left: only those behind
    /// which the text can still be made whole. Empty where nothing may come. Lasts until the next call.</summary>
    public ReadOnlySpan<ulong> Allowed(int left)
    {
        ReadOnlySpan<ulong> allowed = automaton.MaskOf(State).Within(left - 1, _scratch);
        return allowed.ContainsAnyExcept(0ul) ? allowed : [];
    }

    /// <summary>Takes a token that was allowed and is not one that ends the text.</summary>
    public void Accept(int id) => State = automaton.Read(State, id)
        ?? throw new InvalidOperationException($"token {id} does not fit the constraint");

    /// <summary>A text that stands where this one does.</summary>
    public ConstraintCursor Clone() => new(automaton, State);

    /// <summary>Throws <see cref="ArgumentException"/> when so many tokens are not enough to make the text whole.</summary>
    public static void CheckBudget(ConstraintState state, int maxTokens)
    {
        if (state.Least <= maxTokens) return;
        throw new ArgumentException(
            $"'MaxTokens' is {maxTokens}, and the constraint may take {state.Least} to write the shortest text that fits; allow as many");
    }
}
