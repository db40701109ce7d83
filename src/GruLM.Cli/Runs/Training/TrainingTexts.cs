// The two texts of a training run: the one to learn from and the held-out one, which is a file of its own or the end of the first.

using GruLM.Corpus;
using GruLM.Model;

namespace GruLM.Cli.Runs;

/// <summary>The texts of a run.</summary>
/// <param name="Training">What is learned from.</param>
/// <param name="HeldOut">What is evaluated on; empty where nothing is held out.</param>
internal readonly record struct TrainingTexts(CorpusText Training, CorpusText HeldOut)
{
    /// <summary>Reads both. What comes from standard input is kept in <paramref name="folder"/>, and read from there when the run goes
    /// on.</summary>
    public static TrainingTexts Read(TrainSettings settings, RunFolder folder, Session session)
    {
        settings.Form.Check(settings.ValData is null ? settings.Data : [.. settings.Data, settings.ValData]);
        using FileStream? kept = OpenKept(settings, session.Error);
        Stream? copy = settings.ReadsStandardInput ? folder.KeepInput() : null;
        string names = string.Join(", ", settings.Data);
        string keeping = copy is null ? "" : $" (standard input is kept in {KeptInput.PathIn(settings.OutDir)} for --resume)";
        session.Error.WriteLine($"reading {names} …{keeping}");
        CorpusText text = ReadText(settings.Data);
        if (settings.ValData is not null) return new TrainingTexts(text, ReadText([settings.ValData]));
        if (settings.ValFraction == 0) return new TrainingTexts(text, default);
        (CorpusText training, CorpusText heldOut) = settings.Options.Samples == SampleKind.Lines
            ? text.SplitBySamples(settings.ValFraction)
            : text.SplitByCharacters(settings.ValFraction);
        return new TrainingTexts(training, heldOut);

        CorpusText ReadText(IReadOnlyList<string> names) =>
            settings.Form.Read(names, kept ?? session.Input, session.Error, session.Stop, copy).Text;
    }

    /// <summary>The standard input that the run kept when it began; null when it is not needed, or gone.</summary>
    private static FileStream? OpenKept(TrainSettings settings, TextWriter messages)
    {
        if (settings is not { Resume: true, ReadsStandardInput: true }) return null;
        if (KeptInput.Open(settings.OutDir) is { } kept) return kept;
        messages.WriteLine(
            $"note: this run's text came from standard input, and {KeptInput.PathIn(settings.OutDir)} is gone: "
            + "the same text is expected on standard input again");
        return null;
    }
}
