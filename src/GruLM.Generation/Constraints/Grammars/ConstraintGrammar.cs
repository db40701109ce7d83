// A grammar: rules with names, the first of which is what a text must be. It is checked once, before any vocabulary is known: that it is
// not left-recursive and that some text fits.

namespace GruLM.Generation;

/// <summary>A checked grammar. Immutable and thread-safe.</summary>
internal sealed class ConstraintGrammar
{
    /// <summary>Throws <see cref="ArgumentException"/>, which names the rule, for a grammar that is left-recursive, that no text fits, or
    /// that is too large.</summary>
    /// <param name="rules">The rules, the root first.</param>
    public ConstraintGrammar(IReadOnlyList<GrammarRule> rules)
    {
        Network = NetworkBuilder.Build(rules);
        int[] least = LeastTokens.Compute(Network, null);
        if (least[Network.Starts[0]] < LeastTokens.Never) return;
        GrammarRule culprit = rules[Culprit(least)];
        throw new ArgumentException(
            $"{culprit.Place}no text fits: whatever way is taken, {culprit.Name} asks for itself again or for a character that there is "
            + "not; give it a way to end");
    }

    /// <summary>What automata walk along.</summary>
    public Network Network { get; }

    // The innermost of the rules that never end on the way from the root: all that it calls and that do not end lead back to it.
    private int Culprit(int[] least)
    {
        List<int> seen = [0];
        for (int i = 0; i < seen.Count; i++)
        {
            foreach (int called in Network.CalledBy(seen[i]))
            {
                if (least[Network.Starts[called]] >= LeastTokens.Never && !seen.Contains(called)) seen.Add(called);
            }
        }

        return seen[^1];
    }
}

/// <summary>A rule.</summary>
/// <param name="Name">As messages call it, such as rule 'list'.</param>
/// <param name="Place">Where it stands, with a colon and a space behind it, or nothing.</param>
/// <param name="Says">What it says.</param>
internal sealed record GrammarRule(string Name, string Place, GrammarExpression Says);
