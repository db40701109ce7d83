// How many threads each of several processes on one machine may have. A launcher binds processes to processors of their own, or leaves all
// to all of them; a container may allow its processes less time than that of the processors they may run on.

using System.Globalization;

namespace GruLM.Distributed;

/// <summary>Shares out processors. Safe for several threads.</summary>
internal static class ProcessorShare
{
    private const string Status = "/proc/self/status", Line = "Cpus_allowed_list:";

    /// <summary>The processors that this process may run on, as Linux writes them, such as 0-3,8; empty elsewhere.</summary>
    public static string Allowed() => File.Exists(Status)
        ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal), Line)[Line.Length..].Trim()
        : "";

    /// <summary>The threads of one process, at least one.</summary>
    /// <param name="allowed">The processors that it may run on, as <see cref="Allowed"/> has them.</param>
    /// <param name="same">How many processes of its machine may run on the same ones, this one among them.</param>
    /// <param name="here">How many processes there are on its machine.</param>
    /// <param name="processors">As many as .NET counts: no more than allowed, or than the time that a container is given.</param>
    public static int Of(string allowed, int same, int here, int processors)
    {
        int bound = Count(allowed);
        if (bound == 0) return Math.Max(1, processors / here);
        int own = bound / same;
        return Math.Max(1, processors < bound ? Math.Min(own, processors / here) : own);
    }

    private static int Count(string list)
    {
        int count = 0;
        foreach (string part in list.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int[] ends = [.. part.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture))];
            count += ends[^1] - ends[0] + 1;
        }

        return count;
    }
}
