// What is to be said of the sentences a tokenizer was trained on: which were left out, and what in the text looks as if it were not meant.
// Nothing is changed here, since spm_train's results are the measure; people are told, and convert their text.
using System.Globalization;
using System.Text.Unicode;
using GruLM.Cli.Pipes;
using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

/// <summary>Watches the sentences of a training. Not safe for several threads.</summary>
internal sealed class SentenceNotes(TrainerOptions options)
{
    private readonly List<string> _marks = [];
    private long _withNul, _broken, _withCr;

    /// <summary>The sentences that were left out, as the training told.</summary>
    public LeftOutSentences LeftOut { get; set; }

    /// <summary>The lines of an input, looked at while they are read.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Watch(string name, IEnumerable<ReadOnlyMemory<byte>> lines)
    {
        bool first = true, marked = false;
        foreach (ReadOnlyMemory<byte> line in lines)
        {
            if (first && TextMarks.Note(name, line.Span) is { } note)
            {
                _marks.Add(note);
                marked = true;
            }

            // One note is enough for a text that is no text.
            if (!marked) Look(line.Span);
            first = false;
            yield return line;
        }
    }

    /// <summary>What there is to say, a line each.</summary>
    public IEnumerable<string> Lines()
    {
        foreach (string mark in _marks) yield return mark;
        if (_withNul > 0)
        {
            yield return $"note: {Count(_withNul, "line has", "lines have")} NUL characters, which no piece holds; "
                + "text in UTF-16 looks so: convert it first, with iconv -f UTF-16 -t UTF-8";
        }

        if (_broken > 0)
        {
            yield return $"note: {Count(_broken, "line is", "lines are")} not UTF-8, and each bad byte counts as U+FFFD; "
                + "convert the text first, where it is Windows-1252 with iconv -f WINDOWS-1252 -t UTF-8";
        }

        if (_withCr > 0)
        {
            yield return $"note: {Count(_withCr, "line has", "lines have")} a CR inside; a sentence ends at LF only";
        }

        if (LeftOut.TooLong > 0)
        {
            string most = options.MaxSentenceLength.ToString("#,0", CultureInfo.InvariantCulture);
            yield return $"note: left out {Count(LeftOut.TooLong, "sentence", "sentences")} longer than {most} bytes; "
                + "--max-sentence-length takes longer ones";
        }

        if (LeftOut.Reserved > 0)
        {
            yield return $"note: left out {Count(LeftOut.Reserved, "sentence", "sentences")} with U+2585, "
                + "which training keeps for itself";
        }
    }

    private void Look(ReadOnlySpan<byte> line)
    {
        if (line.Contains((byte)0)) _withNul++;
        if (!Utf8.IsValid(line)) _broken++;
        int cr = line.IndexOf((byte)'\r');
        if (cr >= 0 && cr < line.Length - 1) _withCr++;
    }

    private static string Count(long count, string one, string many)
    {
        string number = count.ToString("#,0", CultureInfo.InvariantCulture);
        return count == 1 ? $"1 {one}" : $"{number} {many}";
    }
}
