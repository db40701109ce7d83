// The text that a model was trained on, found again by the settings beside the model, and how it was split.

using System.Text.Json;
using GruLM.Corpus;
using GruLM.Model;

namespace GruLM.Cli.Runs;

/// <summary>What the settings beside a model say of its text.</summary>
internal sealed class RecordedText
{
    private readonly string _folder;
    private readonly SampleKind _samples;
    private readonly string[] _data;
    private readonly string? _heldOutFile;
    private readonly double _heldOutShare;
    private readonly DataForm _form;

    // Throws what the members of System.Text.Json throw where a setting is missing or of another kind.
    private RecordedText(string folder, SampleKind samples, JsonElement settings)
    {
        (_folder, _samples) = (folder, samples);
        _heldOutFile = settings.TryGetProperty("val-data", out JsonElement file) ? file.GetString()! : null;
        _data = [.. settings.GetProperty("data").EnumerateArray().Select(name => name.GetString()!)];
        _heldOutShare = _heldOutFile is null ? settings.GetProperty("val-fraction").GetDouble() : 0;
        _form = DataForm.Read(settings);
    }

    /// <summary>Reads the settings. <paramref name="samples"/> is what the model was trained on.</summary>
    /// <exception cref="FileNotFoundException">There are none.</exception>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static RecordedText Of(string folder, SampleKind samples)
    {
        string path = SettingsFile.PathIn(folder);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                $"{path}: not found, so it is not known what the model was trained on; name a text with --data FILE");
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return new RecordedText(folder, samples, json.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: damaged ({error.Message}); name a text with --data FILE", error);
        }
    }

    /// <summary>The held-out part.</summary>
    public CorpusText HeldOut(TextWriter messages, CancellationToken cancel)
    {
        if (_heldOutFile is not null) return Read([_heldOutFile], "evaluating on ", messages, cancel);
        CorpusText text = Read(_data, "evaluating on the held-out part of ", messages, cancel);
        if (_heldOutShare == 0)
        {
            throw new InvalidDataException($"{_folder}: nothing was held out when it was trained; name a text with --data FILE");
        }

        return Split(text).HeldOut;
    }

    /// <summary>The part it was trained on, and the held-out part, empty when there is none.</summary>
    public (CorpusText Training, CorpusText HeldOut) Both(TextWriter messages, CancellationToken cancel)
    {
        CorpusText text = Read(_data, "comparing with ", messages, cancel);
        if (_heldOutFile is not null) return (text, Read([_heldOutFile], "held out: ", messages, cancel));
        return _heldOutShare == 0 ? (text, default) : Split(text);
    }

    private (CorpusText Training, CorpusText HeldOut) Split(CorpusText text) =>
        _samples == SampleKind.Lines ? text.SplitBySamples(_heldOutShare) : text.SplitByCharacters(_heldOutShare);

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
