// What a text holds and what had to be repaired in it, in a line each.

using GruLM.Corpus;

namespace GruLM.Cli;

/// <summary>Tells of texts.</summary>
internal static class CorpusDisplay
{
    public static void Write(CorpusCounts counts, TextWriter messages)
    {
        string records = counts.Records > 0 ? Invariant($", {counts.Records:#,0} records") : "";
        messages.WriteLine(
            Invariant($"text: {counts.Bytes:#,0} bytes, {counts.Characters:#,0} characters, {counts.Lines:#,0} lines") + records);
        List<string> repairs = [];
        Add(counts.ByteOrderMarks, "byte-order marks were dropped");
        Add(counts.WindowsLineEnds, "Windows line ends were turned into line feeds");
        Add(counts.Nuls, "NULs were dropped");
        Add(counts.ReplacedSequences, "sequences of invalid UTF-8 were replaced by U+FFFD");
        if (repairs.Count > 0) messages.WriteLine("note: " + string.Join(", ", repairs));

        static string Invariant(FormattableString text) => FormattableString.Invariant(text);

        void Add(long count, string repair)
        {
            if (count > 0) repairs.Add(Invariant($"{count:#,0} {repair}"));
        }
    }
}
