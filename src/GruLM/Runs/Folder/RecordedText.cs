// The text that a model was trained on, found again by the settings beside the model, and how it was split. What is found is compared with
// what the run recorded when it began: figures of a text that has changed would be those of nothing that was held out.

using GruLM.Corpus;
using GruLM.Model;

namespace GruLM;

/// <summary>What the settings beside a model say of its text. Not thread-safe.</summary>
internal sealed class RecordedText
{
    private const string HeldOutBeside = "held out: ";

    private readonly string _folder;
    private readonly RunLayout _layout;
    private readonly SampleKind _samples;
    private readonly TrainingSettings _settings;
    private readonly RunRecord? _record;

    private RecordedText(string folder, SampleKind samples, TrainingSettings settings)
    {
        (_folder, _layout, _samples, _settings) = (folder, new RunLayout(folder), samples, settings);
        _record = RunRecord.Read(_layout.Record);
    }

    /// <summary>Where the text is now, in place of where it was; empty: it is looked for. Of a run with a held-out text of its own this is
    /// the place of that text where only it is read.</summary>
    public IReadOnlyList<string> Moved { get; init; } = [];

    /// <summary>Whether only the answers of samples counted in training.</summary>
    public bool MaskPrompt => _settings.MaskPrompt;

    /// <summary>Bytes of the whole text; null where they were not recorded.</summary>
    public long? Bytes => _record is null ? null : _record.Training.Bytes + _record.HeldOut.Bytes;

    private double HeldOutShare => _settings.ValData is null ? _settings.ValFraction : 0;

    /// <summary>What the model was told in training, where one of these files or folders is one that it was trained on; null where that is
    /// not so or not recorded.</summary>
    public static TrainingSettings? OfTrainingOn(string folder, IReadOnlyList<string> names)
    {
        var layout = new RunLayout(folder);
        try
        {
            if (!File.Exists(layout.Settings)) return null;
            TrainingSettings known = SettingsFile.Read(layout.Settings);
            return names.Any(name => name != "-" && known.Data.Contains(Path.GetFullPath(name))) ? known : null;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // What cannot be read is no reason not to evaluate.
            return null;
        }
    }

    /// <summary>Reads the settings. <paramref name="samples"/> is what the model was trained on, <paramref name="moved"/> where its text is
    /// now.</summary>
    /// <exception cref="FileNotFoundException">There are none.</exception>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static RecordedText Of(string folder, SampleKind samples, IReadOnlyList<string>? moved = null)
    {
        var layout = new RunLayout(folder);
        if (!File.Exists(layout.Settings))
        {
            throw new FileNotFoundException(
                $"{layout.Settings}: not found, so it is not known what the model was trained on; {Another(moved)}");
        }

        try
        {
            TrainingSettings settings = SettingsFile.Read(layout.Settings);
            if (settings.Data.Count == 0) throw new InvalidDataException($"{layout.Settings}: names no data");
            return new RecordedText(folder, samples, settings) { Moved = moved ?? [] };
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{error.Message}; name a text with 'Data'", error);
        }
    }

    /// <summary>The held-out part.</summary>
    /// <exception cref="InvalidDataException">It is not what was held out.</exception>
    public CorpusText HeldOut(CorpusReading reading)
    {
        bool isOwn = _settings.ValData is not null;
        if (!isOwn && HeldOutShare == 0)
        {
            throw new InvalidDataException($"{_folder}: nothing was held out when it was trained; {Another(Moved)}");
        }

        IReadOnlyList<string> names = isOwn ? [_settings.ValData!] : _settings.Data;
        string purpose = isOwn ? "evaluating on " : "evaluating on the held-out part of ";
        CorpusText text = Read(names, purpose, reading with { Observer = isOwn ? reading.Observer : new WithoutText(reading.Observer) });
        CorpusText heldOut = isOwn ? text : Split(text, reading.Cancel, heldOutOnly: true).HeldOut;
        if (!isOwn) reading.Observer.OnText(Counts(heldOut));
        Compare(RunComparison.HeldOut, _record?.HeldOut, heldOut, Moved, reading.Observer);
        return heldOut;
    }

    /// <summary>The part it was trained on, and the held-out part, empty when there is none.</summary>
    /// <exception cref="InvalidDataException">One is not what it was.</exception>
    public (CorpusText Training, CorpusText HeldOut) Both(CorpusReading reading)
    {
        CorpusText text = Read(_settings.Data, "comparing with ", reading);
        (CorpusText training, CorpusText heldOut) = _settings.ValData is { } file
            ? (text, Read([file], HeldOutBeside, reading))
            : HeldOutShare == 0 ? (text, default) : Split(text, reading.Cancel);
        Compare(RunComparison.Training, _record?.Training, training, Moved, reading.Observer);
        IReadOnlyList<string> beside = _settings.ValData is null ? Moved : [];
        Compare(RunComparison.HeldOut, _record?.HeldOut, heldOut, beside, reading.Observer);
        return (training, heldOut);
    }

    // What to do where nothing tells what was held out; whoever has moved the text has named one already.
    private static string Another(IReadOnlyList<string>? moved) =>
        moved is { Count: > 0 } ? "leave out 'HeldOutOnly' to read all of 'Data'" : "name a text with 'Data'";

    private static CorpusCounts Counts(CorpusText text)
    {
        long characters = 0, lines = 0;
        byte last = (byte)'\n';
        foreach (ReadOnlyMemory<byte> piece in text.Pieces())
        {
            characters += TextSplit.CountCharacters(piece.Span);
            lines += piece.Span.Count((byte)'\n');
            last = piece.Span[^1];
        }

        return new CorpusCounts(text.Length, characters, last == (byte)'\n' ? lines : lines + 1, 0, 0, 0);
    }

    private (CorpusText Training, CorpusText HeldOut) Split(CorpusText text, CancellationToken cancel, bool heldOutOnly = false) =>
        HeldOutPart.Split(text, _samples, _settings, _settings.ValSplit ?? HeldOutSplit.Last, heldOutOnly, cancel);

    // named: the text that was read in place of the recorded one; empty where that one was.
    private void Compare(string part, TextRecord? before, CorpusText text, IReadOnlyList<string> named, IProgressObserver observer)
    {
        if (before is null)
        {
            observer.OnNotice($"{_layout.Record}: not found, so that it is not known whether the text is still the same");
            return;
        }

        var now = TextRecord.Of(text);
        if (now == before) return;
        IReadOnlyList<string> recorded = RunComparison.NamesOf(part, _settings);
        bool isAnother = named.Any(name => !recorded.Contains(Path.GetFullPath(name)));
        throw new InvalidDataException(isAnother
            ? RunComparison.TextIsAnother(named, part, before, now) + "or evaluate all of this one, without 'HeldOutOnly'"
            : RunComparison.TextChanged(part, before, now, _settings) + "or name a text to read whole with 'Data'");
    }

    // How the text is read is recorded too.
    private CorpusText Read(IReadOnlyList<string> recorded, string purpose, CorpusReading reading)
    {
        if ((reading.Column is not null ? "'Column'" : reading.Format is not null ? "'DataFormat'" : null) is { } given)
        {
            throw new ArgumentException($"{given} does not go with 'HeldOutOnly', which reads the text as it was read for training");
        }

        // Beside the training text, a held-out text of its own is looked for.
        bool isMoved = Moved.Count > 0 && purpose != HeldOutBeside;
        var places = new RunPlaces(_layout, _layout, _record);
        IReadOnlyList<string> names = isMoved
            ? Moved
            : [.. recorded.Select(name => places.FindText(name, "'Data' and 'HeldOutOnly'"))];
        bool wasPiped = !isMoved && names.Contains(CorpusFiles.StandardInput);
        using FileStream? kept = wasPiped ? KeptInput.Open(_layout.KeptInput) : null;
        if (wasPiped && kept is null)
        {
            string input = _record?.Input ?? CorpusFiles.DisplayName(CorpusFiles.StandardInput);
            throw new FileNotFoundException(
                $"{_layout.KeptInput}: not found, and the model was trained on {input}; name a text with 'Data'");
        }

        if (wasPiped) reading = reading with { InputName = _record?.Input };
        reading.Announce(purpose, names);
        Stream? standardInput = isMoved ? reading.StandardInput : kept ?? Stream.Null;
        reading = reading with
        {
            Format = _settings.DataFormat,
            Column = _settings.Column,
            ByNames = _record?.ReadsByNames == true,
            StandardInput = standardInput,
        };
        return reading.Read(names);
    }

    // Tells nothing of a text of which only a part is wanted.
    private sealed class WithoutText(IProgressObserver observer) : IProgressObserver
    {
        public void OnPhase(string phase) => observer.OnPhase(phase);

        public void OnNotice(string notice) => observer.OnNotice(notice);

        public void OnProgress(long done, long total) => observer.OnProgress(done, total);
    }
}
