// The text that a model was trained on, found again by the settings beside the model, and how it was split.

using GruLM.Corpus;
using GruLM.Model;

namespace GruLM;

/// <summary>What the settings beside a model say of its text. Not thread-safe.</summary>
internal sealed class RecordedText
{
    private readonly string _folder;
    private readonly RunLayout _layout;
    private readonly SampleKind _samples;
    private readonly TrainingSettings _settings;

    private RecordedText(string folder, SampleKind samples, TrainingSettings settings) =>
        (_folder, _layout, _samples, _settings) = (folder, new RunLayout(folder), samples, settings);

    /// <summary>Whether only the answers of samples counted in training.</summary>
    public bool MaskPrompt => _settings.MaskPrompt;

    private double HeldOutShare => _settings.ValData is null ? _settings.ValFraction : 0;

    /// <summary>Reads the settings. <paramref name="samples"/> is what the model was trained on.</summary>
    /// <exception cref="FileNotFoundException">There are none.</exception>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static RecordedText Of(string folder, SampleKind samples)
    {
        var layout = new RunLayout(folder);
        if (!File.Exists(layout.Settings))
        {
            throw new FileNotFoundException(
                $"{layout.Settings}: not found, so it is not known what the model was trained on; name a text with 'Data'");
        }

        try
        {
            TrainingSettings settings = SettingsFile.Read(layout.Settings);
            if (settings.Data.Count == 0) throw new InvalidDataException($"{layout.Settings}: names no data");
            return new RecordedText(folder, samples, settings);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{error.Message}; name a text with 'Data'", error);
        }
    }

    /// <summary>The held-out part.</summary>
    public CorpusText HeldOut(CorpusReading reading)
    {
        if (_settings.ValData is { } file) return Read([file], "evaluating on ", reading);
        CorpusText text = Read(_settings.Data, "evaluating on the held-out part of ", reading);
        if (HeldOutShare == 0)
        {
            throw new InvalidDataException($"{_folder}: nothing was held out when it was trained; name a text with 'Data'");
        }

        return Split(text).HeldOut;
    }

    /// <summary>The part it was trained on, and the held-out part, empty when there is none.</summary>
    public (CorpusText Training, CorpusText HeldOut) Both(CorpusReading reading)
    {
        CorpusText text = Read(_settings.Data, "comparing with ", reading);
        if (_settings.ValData is { } file) return (text, Read([file], "held out: ", reading));
        return HeldOutShare == 0 ? (text, default) : Split(text);
    }

    private (CorpusText Training, CorpusText HeldOut) Split(CorpusText text) =>
        HeldOutPart.Split(text, _samples, _settings, _settings.ValSplit ?? HeldOutSplit.Last);

    private CorpusText Read(IReadOnlyList<string> names, string purpose, CorpusReading reading)
    {
        bool wasPiped = names.Contains(CorpusFiles.StandardInput);
        using FileStream? kept = wasPiped ? KeptInput.Open(_layout.KeptInput) : null;
        if (wasPiped && kept is null)
        {
            throw new FileNotFoundException(
                $"{_layout.KeptInput}: not found, and the model was trained on standard input; name a text with 'Data'");
        }

        reading.Observer.OnPhase(purpose + string.Join(", ", names));
        return (reading with { Format = _settings.DataFormat, Column = _settings.Column, StandardInput = kept ?? Stream.Null }).Read(names);
    }
}
