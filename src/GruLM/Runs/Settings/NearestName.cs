// The known name nearest to one that was mistyped: fewest insertions, deletions, replacements and swaps of neighbours
// (the optimal string alignment distance), and none when it would take more than a third of the name.
namespace GruLM;

/// <summary>Finds what a mistyped name was meant to be. Safe for several threads.</summary>
public static class NearestName
{
    /// <summary>"; did you mean X?", or nothing when no known name is near.</summary>
    public static string Hint(string name, IEnumerable<string> known) => Of(name, known) is { } near ? $"; did you mean {near}?" : "";

    /// <summary>The nearest of the known names, or null.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        string plain = Plain(name);
        return known
            .Select(candidate => (candidate, distance: Distance(plain, Plain(candidate))))
            .Where(pair => pair.distance <= Math.Max(1, plain.Length / 3))
            .OrderBy(pair => pair.distance)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    private static string Plain(string name) => name.TrimStart('-').Replace('_', '-').ToLowerInvariant();

    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                int replaced = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replaced, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
