// The folder of a training run, whose files nothing else writes: whether it is free, what stands in it before training begins, what is
// found in it when a run goes on, and where the run's model goes. Settings, record and tokenizer are written as soon as they are known, so
// that a run killed at any time can be resumed; a run that fails before its first step takes them back. A run that replaces a model works
// in a folder of its own inside until it has a whole model (FolderSwitch.cs).

using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>The folder that a run writes to. Not thread-safe.</summary>
internal sealed class RunFolder : IRunFolder
{
    private readonly string _name;
    private readonly RunLayout _home;
    private readonly FolderUse _use;
    private readonly bool _existed;

    // Whether the old model stays until the run has ended.
    private bool _replacesAtEnd;
    private readonly FolderLock? _lock;

    // Where the run is at work: at home, or beside an older model.
    private RunLayout _place;
    private RunRecord? _record;
    private KeptInput? _input;
    private readonly List<string> _pipes = [];
    private bool _hasBegun;
    private RunFigures? _figures;
    private TrainingSettings? _asked;

    private RunFolder(string name, FolderUse use)
    {
        (_name, _use, _home) = (name, use, new RunLayout(name));
        _place = _home;
        _existed = Directory.Exists(_home.Root);
        if (use != FolderUse.DryRun) _lock = FolderLock.Take(_home);
    }

    /// <inheritdoc/>
    public string? CheckpointFolder { get; private set; }

    /// <summary>The folder itself.</summary>
    public string Root => _home.Root;

    /// <inheritdoc/>
    public bool GoesOn => _use == FolderUse.Resume;

    /// <inheritdoc/>
    public bool ReadsByNames => GoesOn && RunRecord.Read(_place.Record) is { ReadsByNames: true };

    /// <inheritdoc/>
    public string? InputName => GoesOn ? RunRecord.Read(_place.Record)?.Input : null;

    /// <inheritdoc/>
    public TrainingSettings? Settings { get; private set; }

    /// <inheritdoc/>
    public string? TokenPath => _use == FolderUse.DryRun ? null : _home.Tokens;

    /// <inheritdoc/>
    public string KeptInputPath => _home.KeptInput;

    /// <inheritdoc/>
    public bool KeepsOldModel => _place != _home && HasOldModel;

    // What is replaced may be a run that never came to a model.
    private bool HasOldModel => File.Exists(Path.Combine(_home.Root, ModelFile.WeightsName));

    /// <summary>Claims a folder for a new run.</summary>
    /// <exception cref="IOException">It is not free.</exception>
    public static RunFolder Claim(TrainingSettings settings, bool isDryRun)
    {
        CheckPlace(settings);
        if (isDryRun) return new RunFolder(settings.OutDir, FolderUse.DryRun);
        if (Directory.Exists(settings.OutDir)) FolderSwitch.Settle(settings.OutDir);
        IOException? occupied = Occupied(settings.OutDir);
        if (occupied is not null && !settings.Overwrite) throw occupied;
        if (occupied is not null) CheckTexts(settings);
        var folder = new RunFolder(settings.OutDir, occupied is null ? FolderUse.Fresh : FolderUse.Replace)
        {
            _replacesAtEnd = settings.ReplaceAtEnd,
        };
        try
        {
            folder.MakePlace();
            return folder;
        }
        catch
        {
            folder._lock!.Dispose();
            throw;
        }
    }

    /// <summary>Takes up the run in a folder, or the one that is to replace the model in it.</summary>
    /// <exception cref="IOException">There is none, or it is at work.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static RunFolder Resume(string name, Action<string> notice)
    {
        var home = new RunLayout(name);
        if (File.Exists(name)) throw new IOException($"{name}: is a file; a run is resumed in its folder");
        if (!Directory.Exists(home.Root)) throw new DirectoryNotFoundException($"{name}: there is no such folder to resume");
        FolderSwitch.Settle(name);
        if (!File.Exists(home.Settings) && !File.Exists(home.Next.Settings))
        {
            throw new FileNotFoundException($"{home.Settings}: not found, so there is no run to resume in {name}; begin one first");
        }

        var folder = new RunFolder(name, FolderUse.Resume);
        try
        {
            folder.TakeUp(notice);
            return folder;
        }
        catch
        {
            folder._lock!.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public TrainingSettings WithTexts(TrainingSettings settings, Action<string> phase, CancellationToken cancel)
    {
        if (_use == FolderUse.DryRun) return settings;
        _asked = settings;
        if (_use == FolderUse.Resume) return new RunPlaces(_home, _place, RunRecord.Read(_place.Record)).Find(settings);
        return settings with
        {
            Data = [.. settings.Data.Select(Kept)],
            ValData = settings.ValData is { } name ? Kept(name) : null,
        };

        string Kept(string name)
        {
            if (!KeptInput.IsReadOnce(name)) return name;
            string copy = _place.KeptPipe(_pipes.Count + 1, name);
            phase($"reading {name}");
            _pipes.Add(copy);
            KeptInput.CopyOnce(name, copy, cancel);
            phase($"it is kept in {_home.KeptPipeOf(copy)} for 'Resume'");
            return copy;
        }
    }

    /// <inheritdoc/>
    public FileStream? OpenKeptInput() => KeptInput.Open(_place.KeptInput);

    /// <inheritdoc/>
    public Stream? KeepInput(bool hasOwnName)
    {
        if (_use is FolderUse.Resume or FolderUse.DryRun) return null;
        _input = new KeptInput(hasOwnName ? _place.GivenText : _place.StandardInput);
        return _input.Copy;
    }

    /// <inheritdoc/>
    public Tokenizer? Begin(TrainingSettings settings, RunRecord record, Action<string> notice)
    {
        _record = record;
        if (_use == FolderUse.Resume && RunRecord.Read(_place.Record) is { } before)
        {
            bool NamesAnother(string part) => RunComparison.AreOthers(part, _asked!, Settings!);
            RunComparison.Check(before, record, settings, NamesAnother, CheckpointFolder is not null, notice);
            (_record, _hasBegun) = (before, true);
            return KeptTokenizer(before, settings.Tokenizer == Settings!.Tokenizer ? null : settings.Tokenizer);
        }

        if (CheckpointFolder is not null)
        {
            throw new FileNotFoundException(
                $"{_place.Record}: not found; without it nobody can say whether the text is still the same");
        }

        if (_use == FolderUse.DryRun) return null;
        _input?.Keep();
        WriteSettings(settings);
        RecordSettings(record with { Folder = _home.Root, ReplacesAtEnd = _replacesAtEnd });
        _hasBegun = true;
        return null;
    }

    /// <inheritdoc/>
    public void Keep(Tokenizer tokenizer)
    {
        if (_use == FolderUse.DryRun) return;
        AtomicFile.WriteAllBytes(_place.Tokenizer, tokenizer.Model.ToBytes());
        _record = _record! with { Tokenizer = FolderChecksums.Of(_place.Tokenizer) };
        _record.Write(_place.Record);
    }

    /// <inheritdoc/>
    public RunFigures? Open(TrainingSettings completed, GenerationConfig defaults, long step)
    {
        WriteSettings(completed);
        if (CheckpointFolder is null)
        {
            defaults.Save(_place.Root);

            // What a run from before settings were recorded was told stays unrecorded: that tells how its text is read.
            if (_record!.Settings is not null) RecordSettings(_record);
        }

        _figures = new RunFigures(_place, step, completed.SampleEvery > 0);
        return _figures;
    }

    /// <inheritdoc/>
    public void WriteFinalSettings(TrainingSettings settings) => WriteSettings(settings);

    /// <inheritdoc/>
    public bool IsStart(string source)
    {
        string weights = Path.Combine(source, ModelFile.WeightsName);
        return File.Exists(weights) && FolderChecksums.Of(weights) == _record?.InitFrom;
    }

    /// <inheritdoc/>
    public string WeightsPath => Path.Combine(_place.Root, ModelFile.WeightsName);

    /// <inheritdoc/>
    public void SaveModel(ITrainableModel model, bool isInterim)
    {
        model.Save(_place.Root);
        if ((!isInterim && !_replacesAtEnd) || !HasOldModel) TakeThePlace();
    }

    /// <inheritdoc/>
    public void TakeThePlace()
    {
        if (_place == _home) return;
        _figures?.Dispose();
        FolderSwitch.Make(_home);
        _place = _home;
        _figures?.Reopen(_home);
    }

    /// <inheritdoc/>
    public string SaveCheckpoint(ITrainableModel model, RunPosition position, int keep, bool isBest) =>
        Checkpoint.Save(_place.Training, model, position, keep, isBest);

    /// <inheritdoc/>
    public void TakeBack()
    {
        _input?.Dispose();
        _input = null;
        if (_use == FolderUse.Replace) DiskStep.DeleteFolder(_place.Root);
        if (_use != FolderUse.Fresh || _record is null) return;
        foreach (string file in (string[])[.. _home.ModelFiles, _home.Record, _home.KeptInput, .. _pipes]) DiskStep.DeleteFile(file);
        foreach (string file in Directory.EnumerateFiles(_home.Training).Where(_home.IsTokens)) DiskStep.DeleteFile(file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _figures?.Dispose();
            _input?.Dispose();
            foreach (string copy in _pipes.Where(_ => !_hasBegun)) DiskStep.DeleteFile(copy);

            // A run that was to replace a model and was stopped before its first step has nothing to leave.
            if (_use == FolderUse.Replace && KeepsOldModel && _figures is null) DiskStep.DeleteFolder(_place.Root);
        }
        finally
        {
            _lock?.Dispose();
            if (_use != FolderUse.DryRun) DeleteIfEmpty();
        }
    }

    // A folder can be made there, and it is not the one that the run starts from.
    private static void CheckPlace(TrainingSettings settings)
    {
        for (string? place = Path.GetFullPath(settings.OutDir); place is not null && !Directory.Exists(place);
            place = Path.GetDirectoryName(place))
        {
            if (File.Exists(place)) throw new IOException($"{place}: is a file; 'OutDir' needs a folder");
        }

        if (settings.InitFrom is { } source && Path.GetFullPath(source) == Path.GetFullPath(settings.OutDir))
        {
            throw new ArgumentException(
                $"'InitFrom' and 'OutDir' are both {settings.OutDir}; the new model needs a folder of its own");
        }
    }

    // What is to be learned from must not go with the model that is replaced.
    private static void CheckTexts(TrainingSettings settings)
    {
        string training = new RunLayout(settings.OutDir).Training + Path.DirectorySeparatorChar;
        foreach (string text in (string[])[.. settings.Data, settings.ValData ?? ""])
        {
            if (text.Length == 0 || !Path.GetFullPath(text).StartsWith(training, StringComparison.Ordinal)) continue;
            throw new IOException($"{text}: lies in the folder of the run that is to be replaced; copy it to another place first");
        }
    }

    // Why the folder is not free; null when it is.
    private static IOException? Occupied(string name)
    {
        var home = new RunLayout(name);
        const string advice = "choose another 'OutDir', or 'Overwrite' to replace it";
        if (File.Exists(home.Next.Settings))
        {
            return new IOException(
                $"{name}: a run that is to replace what is in it was ended; continue it with 'Resume = {name}', {advice}");
        }

        if (File.Exists(home.Config)) return new IOException($"{name}: holds a model already; {advice}");
        if (!home.ModelFiles.Any(File.Exists) && Checkpoint.Find(home.Training).Count == 0) return null;
        string resume = File.Exists(home.Settings) ? $"continue it with 'Resume = {name}', " : "";
        return new IOException($"{name}: holds a part of a model or run already; {resume}{advice}");
    }

    private void MakePlace()
    {
        // What a run that was to replace the model here has left behind.
        DiskStep.DeleteFolder(_home.Next.Root);
        if (_use == FolderUse.Replace) _place = _home.Next;
        DiskStep.CreateFolder(_place.Training);
    }

    private void TakeUp(Action<string> notice)
    {
        if (File.Exists(_home.Next.Settings))
        {
            _place = _home.Next;
            notice($"the run that is to replace the model in {_name} goes on; the old model stays until that run has one of its own");
        }

        TrainingSettings read = SettingsFile.Read(_place.Settings);
        if (RunRecord.Read(_place.Record) is { } record) RunComparison.CheckSettings(record, read with { OutDir = _name }, _place.Settings);

        _replacesAtEnd = RunRecord.Read(_place.Record)?.ReplacesAtEnd == true;

        // Before lines were drawn, those at the end were held out.
        HeldOutSplit? split = read.ValSplit ?? (SettingsDecided.HasDraw(read) ? HeldOutSplit.Last : null);
        Settings = read with { OutDir = _name, ValSplit = split };
        CheckpointFolder = _place.NewestCheckpoint(notice);
    }

    // Folders that the run made and put nothing into do not stay.
    private void DeleteIfEmpty()
    {
        if (Directory.Exists(_home.Training) && IsEmpty(_home.Training)) Directory.Delete(_home.Training);
        if (!_existed && Directory.Exists(_home.Root) && IsEmpty(_home.Root)) Directory.Delete(_home.Root);

        static bool IsEmpty(string folder) => !Directory.EnumerateFileSystemEntries(folder).Any();
    }

    // What of the settings decides the course of the run, as they are written by now.
    private void RecordSettings(RunRecord record)
    {
        _record = record with { Settings = RunComparison.Course(SettingsFile.Read(_place.Settings)) };
        _record.Write(_place.Record);
    }

    // Texts that are kept in the folder lie at home once the run has a model.
    private void WriteSettings(TrainingSettings settings)
    {
        SettingsFile.Write(_place.Settings, settings with
        {
            Data = [.. settings.Data.Select(name => _home.KeptPipeOf(name) ?? name)],
            ValData = settings.ValData is { } text ? _home.KeptPipeOf(text) ?? text : null,
        });
    }

    // The tokenizer that the run began with; one that is given must be it. Without a checkpoint it can be learned again.
    private Tokenizer? KeptTokenizer(RunRecord before, string? given)
    {
        string path = _place.Tokenizer;
        if (given is not null && before.Tokenizer is not null)
        {
            byte[] bytes = Tokenizer.Load(ModelFolder.TokenizerPath(given)).Model.ToBytes();
            if (Convert.ToHexStringLower(Sha256.HashData(bytes)) != before.Tokenizer)
            {
                throw new InvalidDataException($"{given}: is not the tokenizer that this run began with");
            }

            AtomicFile.WriteAllBytes(path, bytes);
        }

        if (before.Tokenizer is not null && File.Exists(path) && FolderChecksums.Of(path) == before.Tokenizer) return Tokenizer.Load(path);
        if (CheckpointFolder is null) return null;
        throw new InvalidDataException($"{path}: is not the tokenizer that this run began with; put that one back");
    }
}
