// The two texts of a training run: the one to learn from and the held-out one, which is a file of its own or a part of the first.

using GruLM.Corpus;
using GruLM.Model;

namespace GruLM;

/// <summary>The texts of a run.</summary>
/// <param name="Training">What is learned from.</param>
/// <param name="HeldOut">What is evaluated on; empty where nothing is held out.</param>
internal readonly record struct TrainingTexts(CorpusText Training, CorpusText HeldOut)
{
    /// <summary>Reads both. What comes from standard input is kept in <paramref name="folder"/>, and read from there when the run goes
    /// on.</summary>
    public static TrainingTexts Read(TrainingSettings settings, IRunFolder folder, CorpusReading reading)
    {
        if (folder.GoesOn) CheckNewPlaces(settings, folder.Settings!);
        reading = reading with
        {
            Format = settings.DataFormat,
            Column = settings.Column,
            ByNames = folder.ReadsByNames,
            InputName = settings.InputName ?? folder.InputName,
        };
        reading.Check(settings.ValData is null ? settings.Data : [.. settings.Data, settings.ValData]);
        bool isPiped = settings.Data.Contains(CorpusFiles.StandardInput) || settings.ValData == CorpusFiles.StandardInput;
        using FileStream? kept = isPiped ? OpenKept(folder, reading.Observer) : null;
        Stream? copy = isPiped ? folder.KeepInput(settings.InputName is not null) : null;
        reading = reading with { StandardInput = kept ?? reading.StandardInput, Copy = copy };
        string keeping = copy is null ? "" : $" (standard input is kept in {folder.KeptInputPath} for 'Resume')";
        reading.Announce("reading ", settings.Data, keeping);
        CorpusText text = reading.Read(settings.Data);
        if (settings.ValData is not null) return new TrainingTexts(text, reading.Read([settings.ValData]));
        SampleKind samples = settings.Samples ?? SampleKind.Stream;
        HeldOutSplit split = settings.ValSplit ?? HeldOutSplit.Random;
        (CorpusText training, CorpusText heldOut) = HeldOutPart.Split(text, samples, settings, split, cancel: reading.Cancel);
        return new TrainingTexts(training, heldOut);
    }

    // The new place of a text is read again later, when the run goes on once more or its model is evaluated.
    private static void CheckNewPlaces(TrainingSettings settings, TrainingSettings recorded)
    {
        string? once = settings.Data.Except(recorded.Data).FirstOrDefault(IsReadOnce);
        string property = nameof(TrainingSettings.Data);
        if (once is null && settings.ValData is { } name && name != recorded.ValData && IsReadOnce(name))
        {
            (once, property) = (name, nameof(TrainingSettings.ValData));
        }

        if (once is null) return;
        string shown = CorpusFiles.DisplayName(once);
        throw new ArgumentException(
            $"'{property}': {shown} can be read only once, and a run that goes on reads its text anew; name a file with the same text");

        static bool IsReadOnce(string name) => name == CorpusFiles.StandardInput || KeptInput.IsReadOnce(name);
    }

    // The standard input that a run that goes on kept when it began; null for a new run, and when it is gone.
    private static FileStream? OpenKept(IRunFolder folder, IProgressObserver observer)
    {
        if (!folder.GoesOn) return null;
        if (folder.OpenKeptInput() is { } kept) return kept;
        observer.OnNotice(
            $"this run's text came from standard input, and {folder.KeptInputPath} is gone: "
            + "the same text is expected on standard input again");
        return null;
    }
}
