// Walks a grammar's network along bytes. A pushdown automaton whose states are sets of stacks: they are made when they are reached first,
// and shared from then on, so that after a while a byte is a look-up and the tokens that fit are known. What is kept is bounded.

namespace GruLM.Generation;

/// <summary>A grammar over a vocabulary. Thread-safe.</summary>
internal sealed class ConstraintAutomaton
{
    /// <summary>The longest text that is thought of, in tokens.</summary>
    public const int MostTokens = 60_000;

    private const int MostStates = 1 << 15;
    private const long MostMaskBytes = 64L << 20;

    // Where no text leads.
    private static readonly ConstraintState s_dead = new([], false, LeastTokens.Never);

    private readonly Lock _gate = new();
    private readonly Network _network;
    private readonly PieceTrie _pieces;
    private readonly int[] _ends;
    private readonly int[] _least;
    private readonly int _mostMasks;
    private readonly NetworkClosure?[] _closures;
    private readonly StateClosing _closing;
    private readonly ConstraintState[] _walked;
    private readonly Queue<ConstraintState> _masked = new();
    private Dictionary<EntryKey, ConstraintState> _states = [];
    private Dictionary<EntryKey, Continuation> _continuations = [];
    private int _continuationNumbers;
    private int _age;

    /// <summary>An automaton for what a vocabulary writes; <paramref name="ends"/> are the tokens that end a text. Throws
    /// <see cref="ArgumentException"/> when the vocabulary cannot write what the grammar asks for, or not in
    /// <see cref="MostTokens"/>.</summary>
    public ConstraintAutomaton(ConstraintGrammar grammar, PieceTrie pieces, IEnumerable<int> ends)
    {
        (_network, _pieces) = (grammar.Network, pieces);
        _ends = [.. ends.Where(id => (uint)id < (uint)pieces.Pieces.Length)];
        _least = LeastTokens.Compute(_network, pieces);
        _closures = new NetworkClosure?[_network.Count];
        _mostMasks = (int)Math.Max(16, MostMaskBytes / TokenMask.Bytes(pieces.Pieces.Length));
        _walked = new ConstraintState[pieces.MostBytes + 1];
        _closing = new(this);
        Start = _closing.Begin();
        if (Start.Least <= MostTokens) return;
        throw new ArgumentException(Start.Least >= LeastTokens.Never
            ? "the constraint asks for a character that this model's vocabulary cannot write; give it another way, or take another model"
            : $"the constraint asks for a text of {Start.Least} tokens, and {MostTokens} are the limit; ask for less");
    }

    /// <summary>Where texts begin.</summary>
    public ConstraintState Start { get; }

    /// <summary>Tokens of the vocabulary.</summary>
    public int VocabSize => _pieces.Pieces.Length;

    /// <summary>The network.</summary>
    internal Network Network => _network;

    /// <summary>Where a token leads; null where it does not fit.</summary>
    public ConstraintState? Read(ConstraintState state, int id) => Read(state, _pieces.Pieces[id]);

    /// <summary>Where bytes lead; null where they do not fit.</summary>
    public ConstraintState? Read(ConstraintState state, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (byte value in bytes)
            {
                state = Next(state, _network.ClassOf[value]);
                if (state == s_dead) return null;
            }
        }

        return state;
    }

    /// <summary>The tokens that fit in a state; those that end a text where it is complete.</summary>
    public TokenMask MaskOf(ConstraintState state)
    {
        lock (_gate)
        {
            state.IsUsed = true;
            if (state.Mask is { } known) return known;
            TokenMask mask = Walk(state);
            Keep(state, mask);
            return mask;
        }
    }

    /// <summary>What a node reaches.</summary>
    internal NetworkClosure ClosureOf(int node) => _closures[node] ??= _network.CloseFrom(node);

    /// <summary>The continuation of these entries, in order.</summary>
    internal Continuation Intern(ContinuationEntry[] entries)
    {
        var key = new EntryKey(entries, false);
        if (_continuations.TryGetValue(key, out Continuation? known)) return known;
        int least = entries.Min(entry => entry.IsEnd ? 0 : Sum(entry));
        return _continuations[key] = new Continuation(entries, _continuationNumbers++, least);
    }

    /// <summary>The state of these places, in order.</summary>
    internal ConstraintState Intern(ContinuationEntry[] places, bool isComplete)
    {
        if (places.Length == 0 && !isComplete) return s_dead;
        var key = new EntryKey(places, isComplete);
        if (_states.TryGetValue(key, out ConstraintState? known)) return known;
        if (_states.Count >= MostStates) Forget();
        int least = isComplete ? 0 : places.Min(Sum);
        return _states[key] = new ConstraintState(places, isComplete, least);
    }

    private int Sum(ContinuationEntry entry) => Math.Min(LeastTokens.Never, _least[entry.Node] + entry.Behind!.Least);

    // States that are held go on working; what they lead to is made anew.
    private void Forget()
    {
        (_states, _continuations) = ([], []);
        _age++;
    }

    private ConstraintState Next(ConstraintState state, int byteClass)
    {
        ConstraintState?[]? next = state.Next;
        if (next is null || state.Age != _age) (state.Next, state.Age) = (next = new ConstraintState?[_network.Classes], _age);
        return next[byteClass] ??= _closing.Step(state, byteClass);
    }

    private TokenMask Walk(ConstraintState state)
    {
        var mask = new TokenMask(VocabSize);
        _walked[0] = state;
        for (int node = 1; node < _pieces.Count;)
        {
            int depth = _pieces.Depth(node);
            ConstraintState next = Next(_walked[depth - 1], _network.ClassOf[_pieces.Byte(node)]);
            _walked[depth] = next;
            if (next == s_dead)
            {
                node = _pieces.End(node);
                continue;
            }

            if (next.Least < TokenMask.Unfit)
            {
                foreach (int id in _pieces.Ids(node)) mask.Add(id, next.Least);
            }

            node++;
        }

        if (!state.IsComplete) return mask;
        foreach (int id in _ends) mask.Add(id, 0);
        return mask;
    }

    // Drops the mask that was made first of those that were not asked for lately.
    private void Keep(ConstraintState state, TokenMask mask)
    {
        while (_masked.Count >= _mostMasks)
        {
            ConstraintState oldest = _masked.Dequeue();
            if (oldest.IsUsed)
            {
                oldest.IsUsed = false;
                _masked.Enqueue(oldest);
            }
            else
            {
                oldest.Mask = null;
            }
        }

        state.Mask = mask;
        _masked.Enqueue(state);
    }

    // Entries by what they are.
    private readonly struct EntryKey(ContinuationEntry[] entries, bool isComplete) : IEquatable<EntryKey>
    {
        private readonly ContinuationEntry[] _entries = entries;
        private readonly bool _isComplete = isComplete;

        public bool Equals(EntryKey other) => _isComplete == other._isComplete && _entries.AsSpan().SequenceEqual(other._entries);

        public override bool Equals(object? obj) => obj is EntryKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_isComplete);
            foreach (ref readonly ContinuationEntry entry in _entries.AsSpan())
            {
                hash.Add(entry.Node);
                hash.Add(entry.Behind?.Number ?? -1);
            }

            return hash.ToHashCode();
        }
    }
}
