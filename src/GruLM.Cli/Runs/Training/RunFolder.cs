// The folder of a training run: whether it is free, what stands in it before training begins, and what is found in it when a run goes on.
// Settings, record and tokenizer are written as soon as they are known, so that a run killed at any time can be resumed; a run that
// fails before its first step takes them back. A model that is to be replaced stays whole until the new run is ready to train.

using GruLM.Formats;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>The folder that a run of <c>grulm train</c> writes to.</summary>
internal sealed class RunFolder : IDisposable
{
    private TrainSettings _settings;
    private readonly string _folder;
    private readonly bool _replaces;
    private readonly bool _waits;
    private readonly bool _existed;
    private RunRecord? _record;
    private bool _bf16;
    private FileStream? _claim;
    private KeptInput? _input;
    private MetricsFile? _metrics;
    private TensorBoardFile? _events;

    /// <summary>Claims the folder. Throws <see cref="IOException"/> when it is not free, or holds nothing to resume;
    /// <paramref name="messages"/> is told of damaged checkpoints.</summary>
    public RunFolder(TrainSettings settings, TextWriter messages)
    {
        (_settings, _folder) = (settings, settings.OutDir);
        _existed = Directory.Exists(_folder);
        if (settings.Resume)
        {
            Claim();
            CheckpointFolder = Checkpoint.NewestWhole(_folder, notice => messages.WriteLine($"note: {notice}"));
            if (CheckpointFolder is null && Checkpoint.Find(_folder).Count > 0)
            {
                throw new InvalidDataException(
                    $"{_folder}: none of its checkpoints is whole, so the run cannot go on; begin it again with --config {SettingsFile.PathIn(_folder)}");
            }

            return;
        }

        for (string? place = Path.GetFullPath(_folder); place is not null && !Directory.Exists(place); place = Path.GetDirectoryName(place))
        {
            if (File.Exists(place)) throw new IOException($"{place}: is a file; --out-dir needs a folder");
        }

        if (settings.Options.InitFrom is { } source && Path.GetFullPath(source) == Path.GetFullPath(_folder))
        {
            throw new ArgumentException($"--init-from and --out-dir are both {_folder}; the new model needs a folder of its own");
        }

        _replaces = OldFiles().Any(File.Exists) || Checkpoint.Find(_folder).Count > 0;
        _waits = _replaces || settings.DryRun;
        if (!_replaces || settings.Overwrite || settings.DryRun) return;
        const string advice = "choose another --out-dir, or --overwrite to replace it";
        throw new IOException(File.Exists(Path.Combine(_folder, ModelFile.ConfigName))
            ? $"{_folder}: holds a model already; {advice}"
            : $"{_folder}: holds a part of a model or run already; {(File.Exists(SettingsFile.PathIn(_folder)) ? $"continue it with --resume {_folder}, " : "")}{advice}");
    }

    /// <summary>The checkpoint to continue from; null when training starts from the beginning.</summary>
    public string? CheckpointFolder { get; }

    /// <summary>The files of figures, open once the run is ready.</summary>
    public IReadOnlyList<ITrainingObserver> Figures => [_metrics!, _events!];

    /// <summary>The file of samples, open once the run is ready; null for a run without.</summary>
    public StepLines? Samples { get; private set; }

    /// <summary>Where the tokens of a large text are kept.</summary>
    public string TokenPath => Path.Combine(Checkpoint.TrainingFolder(_folder), "tokens-train.bin");

    private string TokenizerPath => Path.Combine(_folder, ModelFolder.TokenizerName);

    /// <summary>Where standard input is to be written too, so that the run can go on; null for a run that goes on or writes
    /// nothing.</summary>
    public Stream? KeepInput()
    {
        if (_settings.Resume || _settings.DryRun) return null;
        Claim();
        _input = new KeptInput(_folder);
        return _input.Copy;
    }

    /// <summary>Writes down what the run was told and what it found or, when it goes on, checks that it still finds the same.
    /// Returns the tokenizer that is there already.</summary>
    public Tokenizer? Begin(RunRecord found, bool usesBf16, TextWriter messages)
    {
        (_record, _bf16) = (found, usesBf16);
        if (_settings.Resume && RunRecord.Read(_folder) is { } before) return Compare(before, found, messages);
        if (CheckpointFolder is not null)
        {
            throw new FileNotFoundException(
                $"{RunRecord.PathIn(_folder)}: not found; without it nobody can say whether the text is still the same");
        }

        if (!_waits)
        {
            Claim();
            WriteDown();
        }

        return null;
    }

    /// <summary>Saves a tokenizer as soon as it is there.</summary>
    public void Keep(Tokenizer tokenizer)
    {
        if (!_waits) Save(tokenizer);
    }

    /// <summary>Everything is ready for the first step: what is replaced goes, the settings are written as they were
    /// <paramref name="completed"/>, and figures are collected from here on.</summary>
    public void Open(TrainSettings completed, Tokenizer tokenizer, long step)
    {
        _settings = completed;
        if (_replaces)
        {
            Claim();
            DeleteOld();
            WriteDown();
            Save(tokenizer);
        }
        else
        {
            Write(_settings);
        }

        _metrics = new MetricsFile(_folder);
        _metrics.GoBackTo(step);
        _events = new TensorBoardFile(_folder, step);
        string samples = Path.Combine(Checkpoint.TrainingFolder(_folder), TrainingSamples.Name);
        if (_settings.Options.Training.SampleEvery == 0 && !File.Exists(samples)) return;
        Samples = new StepLines(samples);
        Samples.GoBackTo(step);
    }

    /// <summary>The run has ended and is written down as it was <paramref name="decided"/> while it went on.</summary>
    public void Decided(TrainSettings decided) => Write(decided);

    /// <summary>Removes what a run wrote that failed before it could begin.</summary>
    public void TakeBack()
    {
        if (_waits || _settings.Resume || _record is null) return;
        foreach (string file in (string[])[.. OldFiles(), RunRecord.PathIn(_folder), TokenPath, KeptInput.PathIn(_folder)])
        {
            if (File.Exists(file)) File.Delete(file);
        }

        LeaveNoEmptyFolder();
    }

    public void Dispose()
    {
        _metrics?.Dispose();
        _events?.Dispose();
        Samples?.Dispose();
        _input?.Dispose();
        LeaveNoEmptyFolder();
    }

    // What the run made and put nothing into.
    private void LeaveNoEmptyFolder()
    {
        _claim?.Dispose();
        string training = Checkpoint.TrainingFolder(_folder);
        if (Directory.Exists(training) && !Directory.EnumerateFileSystemEntries(training).Any()) Directory.Delete(training);
        if (!_existed && Directory.Exists(_folder) && !Directory.EnumerateFileSystemEntries(_folder).Any()) Directory.Delete(_folder);
    }

    // Held as long as the process lives, so that two runs never write to one folder.
    private void Claim()
    {
        string path = Path.Combine(Directory.CreateDirectory(Checkpoint.TrainingFolder(_folder)).FullName, "lock");
        if (_claim is not null) return;
        try
        {
            _claim = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new IOException($"{_folder}: another grulm train is at work in it ({error.Message})", error);
        }
    }

    private Tokenizer? Compare(RunRecord before, RunRecord now, TextWriter messages)
    {
        if (before.Training != now.Training || before.HeldOut != now.HeldOut)
        {
            string part = before.Training != now.Training ? "training" : "held-out";
            (TextRecord? then, TextRecord? today) = before.Training != now.Training
                ? (before.Training, now.Training)
                : (before.HeldOut, now.HeldOut);
            throw new InvalidDataException(FormattableString.Invariant(
                $"{string.Join(", ", _settings.Data)}: the text has changed since this run began (its {part} part had {then.Bytes:#,0} bytes, now {today.Bytes:#,0}{(then.Bytes == today.Bytes ? " others" : "")}); put the old text back, or begin a new run from this model with --init-from {_folder}"));
        }

        if (CheckpointFolder is null && before.InitFrom != now.InitFrom)
        {
            throw new InvalidDataException(
                $"{_settings.Options.InitFrom}: the model there has changed since this run began; put it back, or begin a new run");
        }

        if (before.Kernels != now.Kernels)
        {
            messages.WriteLine(
                $"note: the run began on {before.Kernels} kernels and goes on with {now.Kernels}: its figures will differ in the last digits from those of one machine");
        }

        _record = before;
        if (before.Tokenizer is not null && File.Exists(TokenizerPath) && FolderChecksums.Of(TokenizerPath) == before.Tokenizer)
        {
            return Tokenizer.Load(TokenizerPath);
        }

        if (CheckpointFolder is not null)
        {
            throw new InvalidDataException($"{TokenizerPath}: is not the tokenizer that this run began with; put that one back");
        }

        return null;
    }

    private void Write(TrainSettings told) => SettingsFile.Write(told, told.Resume ? told.Precision == Kernels.Precision.Bf16 : _bf16);

    private void WriteDown()
    {
        _input?.Keep();
        SettingsFile.Write(_settings, _bf16);
        _record!.Write(_folder);
    }

    private void Save(Tokenizer tokenizer)
    {
        tokenizer.Save(TokenizerPath);
        _record = _record! with { Tokenizer = FolderChecksums.Of(TokenizerPath) };
        _record.Write(_folder);
    }

    // The tokens stay, since they are the new run's already. The settings go first: a folder without them is nothing that could be resumed.
    // Then the configuration, without which nothing takes the rest for a model.
    private void DeleteOld()
    {
        foreach (string file in OldFiles())
        {
            if (File.Exists(file)) File.Delete(file);
        }

        string training = Checkpoint.TrainingFolder(_folder);
        foreach (string inside in Directory.EnumerateDirectories(training)) Directory.Delete(inside, recursive: true);
        foreach (string file in Directory.EnumerateFiles(training)
            .Where(f => f != _claim!.Name && f != _input?.Copy.Name && Path.GetFileName(f) != Path.GetFileName(TokenPath)))
        {
            File.Delete(file);
        }
    }

    private string[] OldFiles() =>
    [
        SettingsFile.PathIn(_folder), Path.Combine(_folder, ModelFile.ConfigName), Path.Combine(_folder, ModelFile.WeightsName),
        Path.Combine(_folder, ModelFolder.GenerationName), TokenizerPath,
    ];
}
