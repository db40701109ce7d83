// What a text holds and what had to be repaired in it, in a line each.

using GruLM.Corpus;

namespace GruLM.Cli;

/// <summary>Tells of texts.</summary>
internal static class CorpusDisplay
{
    public static void Write(CorpusCounts counts, TextWriter messages)
    {
        string records = counts.Records > 0 ? ", " + Count(counts.Records, "record", "records") : "";
        string bytes = Count(counts.Bytes, "byte", "bytes"), characters = Count(counts.Characters, "character", "characters");
        messages.WriteLine($"text: {bytes}, {characters}, {Count(counts.Lines, "line", "lines")}{records}");
        List<string> repairs = [];
        Add(counts.ByteOrderMarks, "byte-order mark was dropped", "byte-order marks were dropped");
        Add(counts.WindowsLineEnds, "Windows line end was turned into a line feed", "Windows line ends were turned into line feeds");
        Add(counts.Nuls, "NUL was dropped", "NULs were dropped");
        Add(
            counts.ReplacedSequences,
            "sequence of invalid UTF-8 was replaced by U+FFFD",
            "sequences of invalid UTF-8 were replaced by U+FFFD");
        if (repairs.Count > 0) messages.WriteLine("note: " + string.Join(", ", repairs));

        void Add(long count, string one, string several)
        {
            if (count > 0) repairs.Add(Count(count, one, several));
        }
    }

    private static string Count(long count, string one, string several) =>
        FormattableString.Invariant($"{count:#,0} {(count == 1 ? one : several)}");
}
