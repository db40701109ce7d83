// Which file of a run lies where, and from which of them a run goes on: the only place that knows. docs/model-folder.md describes the
// files.

using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>The places of a run's files in a model folder, whole paths. Immutable.</summary>
internal sealed class RunLayout(string folder)
{
    private const string NextName = "next-model";
    private const string TrainingName = "training";
    private const string InputName = "standard-input";
    private const string PipePrefix = InputName + "-";
    private const string TextName = "text.txt";

    /// <summary>The model folder.</summary>
    public string Root { get; } = folder.Length > 0
        ? Path.GetFullPath(folder)
        : throw new ArgumentException("the name of the model folder is empty; name the folder that holds a model");

    /// <summary>The folder of what resuming needs; checkpoints are folders in it.</summary>
    public string Training => Path.Combine(Root, TrainingName);

    /// <summary>The model's configuration, without which nothing takes the folder for a model.</summary>
    public string Config => Path.Combine(Root, ModelFile.ConfigName);

    public string Weights => Path.Combine(Root, ModelFile.WeightsName);

    public string Tokenizer => Path.Combine(Root, ModelFolder.TokenizerName);

    public string Generation => Path.Combine(Root, ModelFolder.GenerationName);

    /// <summary>What the run was told.</summary>
    public string Settings => InTraining("settings.json");

    /// <summary>What the run found when it began.</summary>
    public string Record => InTraining("run.json");

    /// <summary>Is held open as long as a run is at work.</summary>
    public string Lock => InTraining("lock");

    /// <summary>What came from standard input, or as if from there, under whichever name it is here.</summary>
    public string KeptInput => File.Exists(GivenText) ? GivenText : StandardInput;

    /// <summary>What came from standard input.</summary>
    public string StandardInput => InTraining(InputName);

    /// <summary>What a program handed to its run as if it came from there, under a name of its own (<see
    /// cref="TrainingSettings.InputName"/>).</summary>
    public string GivenText => InTraining(TextName);

    /// <summary>What came from the pipe or device of that number, under the ending that <paramref name="name"/> has.</summary>
    public string KeptPipe(int number, string name)
    {
        string ending = Path.GetExtension(Packing.UnpackedName(name)) + Packing.OfName(name)?.Extension;
        return InTraining($"{PipePrefix}{number}{ending}");
    }

    /// <summary>Where the text of a pipe lies that was kept under this path, in this folder or in one that became it; null for any other
    /// path.</summary>
    public string? KeptPipeOf(string path)
    {
        bool isKept = Path.GetFileName(path).StartsWith(PipePrefix, StringComparison.Ordinal)
            && Path.GetFileName(Path.GetDirectoryName(path)) == TrainingName;
        return isKept ? InTraining(Path.GetFileName(path)) : null;
    }

    /// <summary>The tokens of a large text; for lines, there is a second file beside it.</summary>
    public string Tokens => InTraining("tokens-train.bin");

    public string Metrics => InTraining("metrics.jsonl");

    public string Samples => InTraining("samples.jsonl");

    /// <summary>The files of a model, in the order in which one that is replaced is deleted.</summary>
    public IReadOnlyList<string> ModelFiles => [Settings, Config, Weights, Generation, Tokenizer];

    /// <summary>Where a run that is to replace the model here is at work, until it has a whole model of its own.</summary>
    public RunLayout Next => new(Path.Combine(Root, NextName));

    /// <summary>The same, once it has one: the old model is being deleted.</summary>
    public RunLayout NextWhole => new(Path.Combine(Root, NextName + ".whole"));

    /// <summary>The same, once the old model is gone: its files are on their way up.</summary>
    public RunLayout NextMoving => new(Path.Combine(Root, NextName + ".moving"));

    /// <summary>Whether a file holds tokens of a text, which any run in the folder checks before it uses them.</summary>
    public bool IsTokens(string path) => Path.GetFileName(path).StartsWith(Path.GetFileName(Tokens), StringComparison.Ordinal);

    /// <summary>The newest whole checkpoint, from which a run goes on; null where it has come to none and to no model.</summary>
    /// <exception cref="InvalidDataException">None of them is whole; or the model, whose figure they go by, is damaged, or they were
    /// deleted beside it.</exception>
    public string? NewestCheckpoint(Action<string> notice)
    {
        string? newest = Checkpoint.NewestWhole(Training, notice);
        if (newest is null && Checkpoint.Find(Training).Count > 0)
        {
            throw new InvalidDataException(
                $"{Root}: none of its checkpoints is whole, so the run cannot go on; begin it again with the settings of {Settings}");
        }

        if (!File.Exists(Weights)) return newest;
        if (newest is null)
        {
            // The first evaluation may have been the last that it did: its checkpoint comes behind the model.
            if (!HasSeveralEvaluations()) return null;
            throw new InvalidDataException(
                $"{Root}: has a model, but no checkpoint to go on from, and a run from the beginning would replace that by worse ones; "
                + "train another from it ('InitFrom'), or begin again with 'Overwrite'");
        }

        try
        {
            SafetensorsFile.Open(Weights).Dispose();
            return newest;
        }
        catch (InvalidDataException error)
        {
            string whole = Path.GetRelativePath(Root, Path.Combine(newest, ModelFile.WeightsName));
            throw new InvalidDataException($"{error.Message}; the run goes on once {whole} is copied over it", error);
        }
    }

    private bool HasSeveralEvaluations() =>
        File.Exists(Metrics) && File.ReadLines(Metrics).Where(line => line.Contains("\"val_nll\"", StringComparison.Ordinal)).Skip(1).Any();

    private string InTraining(string name) => Path.Combine(Training, name);
}
