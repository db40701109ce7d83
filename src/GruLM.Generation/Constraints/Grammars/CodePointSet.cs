// A set of Unicode characters, as sorted ranges. Halves of surrogate pairs are no characters and are never in it.

namespace GruLM.Generation;

/// <summary>Characters. Immutable.</summary>
internal sealed class CodePointSet
{
    /// <summary>The last character of Unicode.</summary>
    public const int Last = 0x10FFFF;

    private const int FirstSurrogate = 0xD800, LastSurrogate = 0xDFFF;

    private CodePointSet(List<(int First, int Last)> ranges) => Ranges = ranges;

    /// <summary>No character.</summary>
    public static CodePointSet None { get; } = new([]);

    /// <summary>Every character.</summary>
    public static CodePointSet All { get; } = Of((0, Last));

    /// <summary>The ranges in order; none touches the next, save where the surrogates lie between them.</summary>
    public IReadOnlyList<(int First, int Last)> Ranges { get; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Ranges.Count == 0;

    /// <summary>The only character; −1 where there are none or several.</summary>
    public int Only => Ranges is [(int first, int last)] && first == last ? first : -1;

    /// <summary>One character.</summary>
    public static CodePointSet Single(int codePoint) => Of((codePoint, codePoint));

    /// <summary>The characters of ranges that may overlap.</summary>
    public static CodePointSet Of(params IEnumerable<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> merged = [];
        foreach ((int first, int last) in ranges.SelectMany(WithoutSurrogates).OrderBy(range => range.First))
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1) merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            else merged.Add((first, last));
        }

        return new(merged);
    }

    /// <summary>The characters of both.</summary>
    public CodePointSet Union(CodePointSet other) => Of(Ranges.Concat(other.Ranges));

    /// <summary>All other characters.</summary>
    public CodePointSet Complement()
    {
        List<(int, int)> rest = [];
        int next = 0;
        foreach ((int first, int last) in Ranges)
        {
            if (first > next) rest.Add((next, first - 1));
            next = last + 1;
        }

        if (next <= Last) rest.Add((next, Last));
        return Of(rest);
    }

    /// <summary>Those that are in the other, too.</summary>
    public CodePointSet Intersect(CodePointSet other) => Complement().Union(other.Complement()).Complement();

    /// <summary>Whether a character is in it.</summary>
    public bool Contains(int codePoint) => Ranges.Any(range => range.First <= codePoint && codePoint <= range.Last);

    private static IEnumerable<(int First, int Last)> WithoutSurrogates((int First, int Last) range)
    {
        int before = Math.Min(range.Last, FirstSurrogate - 1), behind = Math.Max(range.First, LastSurrogate + 1);
        if (range.First <= before) yield return (range.First, before);
        if (behind <= range.Last) yield return (behind, range.Last);
    }
}
