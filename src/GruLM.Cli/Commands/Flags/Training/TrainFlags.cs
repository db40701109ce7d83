// All flags of grulm train: groups of them, and those that belong to none. A group is a class that defines its flags once and says what
// they set; help shows them in the order of Options.

using System.CommandLine;
using GruLM.Cli.Runs;
using GruLM.Training;

namespace GruLM.Cli.Commands;

/// <summary>The flags of <c>grulm train</c>.</summary>
internal sealed class TrainFlags
{
    private readonly Option<string[]> _data = Flags.Texts(
        "--data", "FILE|DIR|-",
        "text to train on: plain text, JSON lines (.jsonl) or tables (.csv), each also as .gz; "
        + "files, folders of them, or - for standard input",
        required: true);
    private readonly Option<string> _outDir = Flags.RequiredText("--out-dir", "DIR", "the folder to write the model to", "-o");
    private readonly Option<string?> _resume = ResumeFlag.Flag();
    private readonly Option<string?> _initFrom = Flags.Text(
        "--init-from", "DIR", "a model folder whose weights, sizes and tokenizer to start from (fine-tuning)");
    private readonly TokenizerFlags _tokenizer = new();
    private readonly SampleFlags _samples = new();
    private readonly LengthFlags _length = new();
    private readonly BatchFlags _batches = new();
    private readonly ModelFlags _model = new();
    private readonly RegularisationFlags _regularisation = new();
    private readonly OptimizerFlags _optimizer = new();
    private readonly ScheduleFlags _schedule = new();
    private readonly ProgressFlags _progress = new();
    private readonly Option<ulong> _seed = Flags.Seed(
        "--seed", new TrainingOptions().Seed, "decides starting values, order of lines and dropout");
    private readonly Option<string> _precision = Flags.Precision();
    private readonly Option<int?> _threads = Flags.Threads();
    private readonly Option<bool> _dryRun = Flags.Switch(
        "--dry-run", "everything but training: figures of text and model, memory, and an estimate of the time from a few measured steps");
    private readonly Option<bool> _overwrite = Flags.Switch("--overwrite", "replace a model that is in --out-dir already");

    public IReadOnlyList<Option> Options =>
    [
        _data, _outDir, _resume, _initFrom, .. _tokenizer.Options, .. _samples.Options, .. _length.Options, .. _batches.Options,
        .. _model.Sizes, .. _regularisation.Options, .. _model.Tying, .. _model.Extras, .. _optimizer.Options, .. _schedule.Options,
        .. _progress.Options, _seed, _precision, _threads, _dryRun, _overwrite, Preset.Flag(), ConfigFile.Flag(),
    ];

    /// <summary>What a command line says.</summary>
    /// <exception cref="UsageException">Flags do not go together.</exception>
    public TrainSettings Read(ParseResult flags)
    {
        CheckInitFrom(flags);
        _schedule.Check(flags);
        var settings = new TrainSettings
        {
            Data = flags.GetValue(_data)!,
            OutDir = flags.GetValue(_outDir)!,
            Resume = flags.Given(_resume),
            Tokenizer = _tokenizer.Source(flags),
            DryRun = flags.GetValue(_dryRun),
            Overwrite = flags.GetValue(_overwrite),
            Threads = flags.GetValue(_threads) ?? 0,
            Precision = Flags.PrecisionOf(flags.GetValue(_precision)!),
            Options = ReadOptions(flags),
        };
        return _progress.AddTo(_length.AddTo(_samples.AddTo(settings, flags), flags), flags);
    }

    private TextTrainingOptions ReadOptions(ParseResult flags)
    {
        var options = new TextTrainingOptions
        {
            InitFrom = flags.GetValue(_initFrom),
            Optimizer = _optimizer.Read(flags),
            Training = ReadLoop(flags),
        };
        options = _tokenizer.AddTo(options, flags);
        options = _samples.AddTo(options, flags);
        options = _model.AddTo(options, flags);
        return _regularisation.AddTo(options, flags);
    }

    private TrainingOptions ReadLoop(ParseResult flags)
    {
        var options = new TrainingOptions { Seed = flags.GetValue(_seed) };
        options = _length.AddTo(options, flags);
        options = _batches.AddTo(options, flags);
        options = _schedule.AddTo(options, _optimizer.Rate(flags), flags);
        return _progress.AddTo(options, flags);
    }

    private void CheckInitFrom(ParseResult flags)
    {
        if (flags.GetValue(_initFrom) is not { } source) return;
        Option[] ofTheModel = [.. _tokenizer.Options, .. _model.Sizes, .. _model.Tying];
        if (ofTheModel.FirstOrDefault(flags.Given) is not { } other) return;
        throw new UsageException(
            $"{other.Name} cannot be given beside --init-from: sizes and tokenizer are those of the model in {source}");
    }
}
