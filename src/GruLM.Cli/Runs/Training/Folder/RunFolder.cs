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
    private readonly string _folder;
    private readonly FolderUse _use;
    private readonly bool _existed;
    private TrainSettings _settings;
    private RunRecord? _record;
    private bool _bf16;
    private FolderLock? _lock;
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
            _use = FolderUse.Resume;
            Lock();
            CheckpointFolder = NewestCheckpoint(messages);
            return;
        }

        CheckPlace();
        bool occupied = OldFiles().Any(File.Exists) || Checkpoint.Find(_folder).Count > 0;
        _use = settings.DryRun ? FolderUse.DryRun : occupied ? FolderUse.Replace : FolderUse.Fresh;
        if (_use == FolderUse.Replace && !settings.Overwrite) throw Occupied();
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
        if (_use is FolderUse.Resume or FolderUse.DryRun) return null;
        Lock();
        _input = new KeptInput(_folder);
        return _input.Copy;
    }

    /// <summary>Writes down what the run was told and what it finds or, when it goes on, checks that it still finds the same.
    /// Returns the tokenizer that is there already.</summary>
    public Tokenizer? Begin(RunRecord record, bool usesBf16, TextWriter messages)
    {
        (_record, _bf16) = (record, usesBf16);
        if (_use == FolderUse.Resume && RunRecord.Read(_folder) is { } before)
        {
            RunComparison.Check(before, record, _settings, CheckpointFolder is not null, messages);
            _record = before;
            return KeptTokenizer(before);
        }

        if (CheckpointFolder is not null)
        {
            throw new FileNotFoundException(
                $"{RunRecord.PathIn(_folder)}: not found; without it nobody can say whether the text is still the same");
        }

        if (_use is FolderUse.Fresh or FolderUse.Resume)
        {
            Lock();
            WriteSettingsAndRecord();
        }

        return null;
    }

    /// <summary>Saves a tokenizer as soon as it is there.</summary>
    public void Keep(Tokenizer tokenizer)
    {
        if (_use is FolderUse.Fresh or FolderUse.Resume) Save(tokenizer);
    }

    /// <summary>Everything is ready for the first step: what is replaced goes, the settings are written as they were
    /// <paramref name="completed"/>, and figures are collected from here on.</summary>
    public void Open(TrainSettings completed, Tokenizer tokenizer, long step)
    {
        _settings = completed;
        if (_use == FolderUse.Replace)
        {
            Lock();
            DeleteOld();
            WriteSettingsAndRecord();
            Save(tokenizer);
        }
        else
        {
            WriteSettings(_settings);
        }

        _metrics = new MetricsFile(_folder);
        _metrics.GoBackTo(step);
        _events = new TensorBoardFile(_folder, step);
        string samples = Path.Combine(Checkpoint.TrainingFolder(_folder), TrainingSamples.Name);
        if (_settings.Options.Training.SampleEvery == 0 && !File.Exists(samples)) return;
        Samples = new StepLines(samples);
        Samples.GoBackTo(step);
    }

    /// <summary>The run has ended: writes its settings with what was decided while it went on, so that it can be repeated.</summary>
    public void WriteFinalSettings(TrainSettings settings) => WriteSettings(settings);

    /// <summary>Removes what a run wrote that failed before it could begin.</summary>
    public void TakeBack()
    {
        if (_use != FolderUse.Fresh || _record is null) return;
        foreach (string file in (string[])[.. OldFiles(), RunRecord.PathIn(_folder), TokenPath, KeptInput.PathIn(_folder)])
        {
            if (File.Exists(file)) File.Delete(file);
        }

        UnlockAndDeleteIfEmpty();
    }

    public void Dispose()
    {
        _metrics?.Dispose();
        _events?.Dispose();
        Samples?.Dispose();
        _input?.Dispose();
        UnlockAndDeleteIfEmpty();
    }

    private string? NewestCheckpoint(TextWriter messages)
    {
        string? newest = Checkpoint.NewestWhole(_folder, notice => messages.WriteLine($"note: {notice}"));
        if (newest is not null || Checkpoint.Find(_folder).Count == 0) return newest;
        throw new InvalidDataException(
            $"{_folder}: none of its checkpoints is whole, so the run cannot go on; "
            + $"begin it again with --config {SettingsFile.PathIn(_folder)}");
    }

    // A folder can be made there, and it is not the one that the run starts from.
    private void CheckPlace()
    {
        for (string? place = Path.GetFullPath(_folder); place is not null && !Directory.Exists(place); place = Path.GetDirectoryName(place))
        {
            if (File.Exists(place)) throw new IOException($"{place}: is a file; --out-dir needs a folder");
        }

        if (_settings.Options.InitFrom is { } source && Path.GetFullPath(source) == Path.GetFullPath(_folder))
        {
            throw new ArgumentException($"--init-from and --out-dir are both {_folder}; the new model needs a folder of its own");
        }
    }

    private IOException Occupied()
    {
        const string advice = "choose another --out-dir, or --overwrite to replace it";
        if (File.Exists(Path.Combine(_folder, ModelFile.ConfigName)))
        {
            return new IOException($"{_folder}: holds a model already; {advice}");
        }

        string resume = File.Exists(SettingsFile.PathIn(_folder)) ? $"continue it with --resume {_folder}, " : "";
        return new IOException($"{_folder}: holds a part of a model or run already; {resume}{advice}");
    }

    private void Lock() => _lock ??= FolderLock.Take(_folder);

    // Folders that the run made and put nothing into do not stay.
    private void UnlockAndDeleteIfEmpty()
    {
        _lock?.Dispose();
        string training = Checkpoint.TrainingFolder(_folder);
        if (Directory.Exists(training) && !Directory.EnumerateFileSystemEntries(training).Any()) Directory.Delete(training);
        if (!_existed && Directory.Exists(_folder) && !Directory.EnumerateFileSystemEntries(_folder).Any()) Directory.Delete(_folder);
    }

    // The tokenizer that the run began with. Without a checkpoint it can be learned again.
    private Tokenizer? KeptTokenizer(RunRecord before)
    {
        if (before.Tokenizer is not null && File.Exists(TokenizerPath) && FolderChecksums.Of(TokenizerPath) == before.Tokenizer)
        {
            return Tokenizer.Load(TokenizerPath);
        }

        if (CheckpointFolder is null) return null;
        throw new InvalidDataException($"{TokenizerPath}: is not the tokenizer that this run began with; put that one back");
    }

    private void WriteSettings(TrainSettings settings) =>
        SettingsFile.Write(settings, settings.Resume ? settings.Precision == Kernels.Precision.Bf16 : _bf16);

    private void WriteSettingsAndRecord()
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
        foreach (string file in Directory.EnumerateFiles(training))
        {
            bool newRuns = file == _lock!.FilePath || file == _input?.Copy.Name || Path.GetFileName(file) == Path.GetFileName(TokenPath);
            if (!newRuns) File.Delete(file);
        }
    }

    private string[] OldFiles() =>
    [
        SettingsFile.PathIn(_folder), Path.Combine(_folder, ModelFile.ConfigName), Path.Combine(_folder, ModelFile.WeightsName),
        Path.Combine(_folder, ModelFolder.GenerationName), TokenizerPath,
    ];
}
