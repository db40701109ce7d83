// Constraints over a model's vocabulary. Making an automaton takes a while, and what it learns makes it fast; so a model keeps those of
// constraints that are still in use.

using System.Runtime.CompilerServices;
using System.Text;
using GruLM.Generation;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>The automata of a model. Thread-safe.</summary>
internal sealed class ConstraintBindings(Tokenizer tokenizer)
{
    // Vocabularies differ by what is forbidden; of more than these none is kept.
    private const int MostTries = 8;

    private readonly Lock _gate = new();
    private readonly ConditionalWeakTable<TextConstraint, Dictionary<string, ConstraintAutomaton>> _automata = [];
    private readonly Dictionary<string, PieceTrie> _tries = [];

    /// <summary>The automaton of a constraint for texts that <paramref name="ends"/> end and that have none of
    /// <paramref name="never"/>.</summary>
    /// <exception cref="ArgumentException">The vocabulary cannot write what the constraint asks for.</exception>
    public ConstraintAutomaton Bind(TextConstraint constraint, SamplingOptions sampling, int[] ends, int[] never)
    {
        IEnumerable<int> forbidden = sampling.LogitBias.Where(bias => float.IsNegativeInfinity(bias.Value)).Select(bias => bias.Key);
        HashSet<int> without = [.. never, .. forbidden];
        int[] allowedEnds = [.. ends.Where(id => !without.Contains(id)).Distinct()];
        without.UnionWith(ends);
        string vocabulary = string.Join(',', without.Order()), key = $"{vocabulary};{string.Join(',', allowedEnds)}";
        lock (_gate)
        {
            Dictionary<string, ConstraintAutomaton> known = _automata.GetOrCreateValue(constraint);
            if (known.TryGetValue(key, out ConstraintAutomaton? automaton)) return automaton;
            if (known.Count >= MostTries) known.Clear();
            return known[key] = new ConstraintAutomaton(constraint.Rules, Trie(vocabulary, without), allowedEnds);
        }
    }

    private PieceTrie Trie(string vocabulary, HashSet<int> without)
    {
        if (_tries.TryGetValue(vocabulary, out PieceTrie? known)) return known;
        if (tokenizer.RewritesDecodedText)
        {
            throw new ArgumentException("this model's tokenizer rewrites its text once more, which 'Constraint' cannot foresee");
        }

        if (_tries.Count >= MostTries) _tries.Clear();
        IEnumerable<byte[]?> pieces = Enumerable.Range(0, tokenizer.VocabSize).Select(id => without.Contains(id) ? null : TextOf(id));
        return _tries[vocabulary] = new PieceTrie([.. pieces]);
    }

    // What a token writes; nothing for those that write no text of their own.
    private byte[]? TextOf(int id)
    {
        Piece piece = tokenizer.Model[id];
        return piece.Type switch
        {
            PieceType.Control or PieceType.Unknown => null,
            PieceType.Byte => [Convert.FromHexString(piece.Text.AsSpan(3, 2))[0]],
            _ => Encoding.UTF8.GetBytes(piece.Text.Replace('\u2581', ' ')),
        };
    }
}
