// The normalisation rules that follow from Unicode's data, and the further ones that some tables have: machine translation's, case folding.
// What shorter rules give already is left out, so that tables stay small.
// Source: Unicode Standard Annex 15 (normalisation forms); SentencePiece's rules for machine translation. <summary>A set of rewriting rules
// in the form normalisation tables need: longest match first, no rule that shorter ones make needless.</summary>
internal sealed class RuleSet
{
    private RuleSet(SortedDictionary<int[], int[]> rules) => Rules = rules;

    public SortedDictionary<int[], int[]> Rules { get; }

    /// <summary>Every character and every sequence that compatibility composition (NFKC) changes.</summary>
    public static RuleSet Compatibility(UnicodeDatabase unicode)
    {
        SortedDictionary<int[], int[]> rules = New();
        var originals = new Dictionary<int, List<int>>();
        var sequences = new SortedSet<int[]>(s_order);
        for (int c = 1; c <= 0x10FFFF; c++)
        {
            if (!UnicodeDatabase.IsCharacter(c))
            {
                continue;
            }

            int[] composed = unicode.Compose([c]);
            if (composed.Length != 1 || composed[0] != c)
            {
                rules[[c]] = composed;
            }

            int[] decomposed = unicode.Decompose([c]);
            if (decomposed.Length > 1)
            {
                sequences.Add(decomposed);
            }
            else if (originals.TryGetValue(decomposed[0], out List<int>? list))
            {
                list.Add(c);
            }
            else
            {
                originals[decomposed[0]] = [c];
            }
        }

        foreach (int[] decomposed in sequences)
        {
            int[] composed = unicode.Compose(decomposed);
            if (!composed.AsSpan().SequenceEqual(decomposed))
            {
                AddSpellings(rules, decomposed, composed, originals);
            }
        }

        return new RuleSet(Reduced(rules));
    }

    /// <summary>Adds every way to write a sequence with characters that decompose to its elements.</summary>
    private static void AddSpellings(
        SortedDictionary<int[], int[]> rules, int[] decomposed, int[] composed, Dictionary<int, List<int>> originals)
    {
        int[] choice = new int[decomposed.Length];
        Expand(0);

        void Expand(int index)
        {
            if (index == decomposed.Length)
            {
                if (!choice.AsSpan().SequenceEqual(composed))
                {
                    rules[(int[])choice.Clone()] = composed;
                }

                return;
            }

            foreach (int original in originals[decomposed[index]])
            {
                choice[index] = original;
                Expand(index + 1);
            }
        }
    }

    /// <summary>The rules of machine translation: more characters count as space, control characters go, the fullwidth tilde
    /// stays.</summary>
    public RuleSet WithTranslationRules()
    {
        SortedDictionary<int[], int[]> rules = Copy();
        foreach (int c in new[] { 0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B, 0x200C, 0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD })
        {
            rules[[c]] = [' '];
        }

        foreach (int c in Enumerable.Range(1, 8).Concat([0xB]).Concat(Enumerable.Range(0xE, 0x12)).Concat([0x7F, 0x8F, 0x9F]))
        {
            rules[[c]] = [];
        }

        rules.Remove([0xFF5E]);
        return new RuleSet(Reduced(rules));
    }

    /// <summary>Results in simple case folding.</summary>
    public RuleSet WithCaseFolding(UnicodeDatabase unicode)
    {
        SortedDictionary<int[], int[]> rules = New();
        foreach ((int[] source, int[] target) in Rules)
        {
            rules[source] = [.. target.Select(unicode.Fold)];
        }

        for (int c = 1; c <= 0x10FFFF; c++)
        {
            if (UnicodeDatabase.IsCharacter(c) && unicode.Fold(c) != c)
            {
                rules.TryAdd([c], [unicode.Fold(c)]);
            }
        }

        return new RuleSet(Reduced(rules));
    }

    private static readonly Comparer<int[]> s_order = Comparer<int[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private static SortedDictionary<int[], int[]> New() => new(s_order);

    private SortedDictionary<int[], int[]> Copy() => new(Rules, s_order);

    /// <summary>Drops rules for sequences whose result shorter rules give already, shortest sequences first.</summary>
    private static SortedDictionary<int[], int[]> Reduced(SortedDictionary<int[], int[]> rules)
    {
        SortedDictionary<int[], int[]> kept = New();
        foreach (IGrouping<int, KeyValuePair<int[], int[]>> group in rules.GroupBy(r => r.Key.Length).OrderBy(g => g.Key))
        {
            var added = new List<KeyValuePair<int[], int[]>>();
            foreach (KeyValuePair<int[], int[]> rule in group)
            {
                if (group.Key == 1 || !Apply(kept, rule.Key, group.Key - 1).AsSpan().SequenceEqual(rule.Value))
                {
                    added.Add(rule);
                }
            }

            foreach ((int[] source, int[] target) in added)
            {
                kept[source] = target;
            }
        }

        return kept;
    }

    private static int[] Apply(SortedDictionary<int[], int[]> rules, int[] text, int longest)
    {
        var output = new List<int>();
        for (int i = 0; i < text.Length;)
        {
            int length = Math.Min(longest, text.Length - i);
            int[]? target = null;
            while (length > 0 && !rules.TryGetValue(text[i..(i + length)], out target))
            {
                length--;
            }

            output.AddRange(target ?? [text[i]]);
            i += Math.Max(1, length);
        }

        return [.. output];
    }
}
