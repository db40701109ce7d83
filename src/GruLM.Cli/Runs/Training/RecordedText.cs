// The text that a model was trained on, found again by the settings beside the model, and how it was split.

using System.Text.Json;
using GruLM.Corpus;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>What the settings beside a model say of its text.</summary>
internal sealed class RecordedText
{
    private readonly string _folder;
    private readonly string[] _data;
    private readonly string? _validation;
    private readonly double _fraction;
    private readonly DataForm _form;
    private readonly SampleKind _samples;

    private RecordedText(string folder, string[] data, string? validation, double fraction, DataForm form, SampleKind samples) =>
        (_folder, _data, _validation, _fraction, _form, _samples) =
        (folder, data, validation, fraction, form, samples);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="FileNotFoundException">There are none.</exception>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static RecordedText Of(string folder, SampleKind samples)
    {
        string path = Path.Combine(Checkpoint.TrainingFolder(folder), SettingsFile.Name);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                $"{path}: not found, so it is not known what the model was trained on; name a text with --data FILE");
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            string? separate = json.RootElement.TryGetProperty("val-data", out JsonElement validation) ? validation.GetString()! : null;
            string[] data = [.. json.RootElement.GetProperty("data").EnumerateArray().Select(e => e.GetString()!)];
            return new RecordedText(folder, data, separate, separate is null ? json.RootElement.GetProperty("val-fraction").GetDouble() : 0,
                DataForm.In(json.RootElement), samples);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: damaged ({error.Message}); name a text with --data FILE", error);
        }
    }

    /// <summary>The held-out part.</summary>
    public CorpusText HeldOut(TextWriter messages, CancellationToken cancel)
    {
        string[] names = _validation is null ? _data : [_validation];
        CorpusText text = Read(names, "evaluating on " + (_validation is null ? "the held-out part of " : ""), messages, cancel);
        if (_validation is not null) return text;
        if (_fraction == 0)
        {
            throw new InvalidDataException($"{_folder}: nothing was held out when it was trained; name a text with --data FILE");
        }

        return Split(text).HeldOut;
    }

    /// <summary>The part it was trained on, and the held-out part, empty when there is none.</summary>
    public (CorpusText Training, CorpusText HeldOut) Both(TextWriter messages, CancellationToken cancel)
    {
        CorpusText text = Read(_data, "comparing with ", messages, cancel);
        if (_validation is not null) return (text, Read([_validation], "held out: ", messages, cancel));
        return _fraction == 0 ? (text, default) : Split(text);
    }

    private (CorpusText Training, CorpusText HeldOut) Split(CorpusText text) =>
        _samples == SampleKind.Lines ? text.SplitBySamples(_fraction) : text.SplitByCharacters(_fraction);

    private CorpusText Read(string[] names, string purpose, TextWriter messages, CancellationToken cancel)
    {
        using FileStream? kept = names.Contains(CorpusFiles.StandardInput) ? KeptInput.Open(_folder) : null;
        if (kept is null && names.Contains(CorpusFiles.StandardInput))
        {
            throw new FileNotFoundException(
                $"{KeptInput.PathIn(_folder)}: not found, and the model was trained on standard input; name a text with --data FILE");
        }

        messages.WriteLine(purpose + string.Join(", ", names));
        return _form.Read(names, kept ?? Stream.Null, messages, cancel).Text;
    }
}
