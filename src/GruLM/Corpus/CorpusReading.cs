// How the data of a run, an evaluation or a scoring are read, and who is told of it: the same for all of them, so that they see one text
// where they are given one.

namespace GruLM.Corpus;

/// <summary>Reads corpora. Immutable.</summary>
/// <param name="Observer">Is told what is read and what had to be repaired.</param>
/// <param name="Cancel">Ends the reading.</param>
internal sealed record CorpusReading(IProgressObserver Observer, CancellationToken Cancel)
{
    // How often a long reading says how far it is.
    private const long BytesBetweenReports = 1L << 30;

    /// <summary>What the data are; null: what their names say.</summary>
    public CorpusFormat? Format { get; init; }

    /// <summary>The column of tables that holds the text; null for the usual one.</summary>
    public string? Column { get; init; }

    /// <summary>Whether the text is read as runs of older versions read it (see <see cref="CorpusOptions.ByNames"/>).</summary>
    public bool ByNames { get; init; }

    /// <summary>What <c>-</c> reads; null for the process's own.</summary>
    public Stream? StandardInput { get; init; }

    /// <summary>What that is called; null: standard input.</summary>
    public string? InputName { get; init; }

    /// <summary>Where standard input is written too; null: nowhere.</summary>
    public Stream? Copy { get; init; }

    /// <summary>Throws what <see cref="TextCorpus.Check"/> throws, and for a form that was given without data.</summary>
    /// <exception cref="ArgumentException">What was given makes no sense.</exception>
    public void Check(IReadOnlyList<string> data)
    {
        if (data.Count > 0)
        {
            TextCorpus.Check(data, Options());
            return;
        }

        string? given = Column is not null ? "'Column'" : Format is not null ? "'DataFormat'" : null;
        if (given is null) return;
        throw new ArgumentException($"{given} goes with 'Data'; without that the text is read as it was for training");
    }

    /// <summary>Says what is about to be read, and for what; of folders, what is read of them.</summary>
    public void Announce(string purpose, IReadOnlyList<string> names, string after = "")
    {
        string? own = names is [CorpusFiles.StandardInput] ? InputName : null;
        Observer.OnPhase(purpose + (own ?? CorpusFiles.Describe(names)) + after);
    }

    /// <summary>Reads a corpus.</summary>
    public CorpusText Read(IReadOnlyList<string> names)
    {
        long nextReport = BytesBetweenReports;
        var corpus = TextCorpus.Read(names, Options() with { Progress = Report, CopyOfStandardInput = Copy }, Cancel);
        Observer.OnText(corpus.Counts);
        return corpus.Text;

        void Report(long bytes)
        {
            if (bytes < nextReport) return;
            Observer.OnPhase(FormattableString.Invariant($"{bytes / 1e9:0.0} GB so far"));
            nextReport += BytesBetweenReports;
        }
    }

    private CorpusOptions Options() =>
        new() { Format = Format, Column = Column, ByNames = ByNames, StandardInput = StandardInput, Notice = Observer.OnNotice };
}
