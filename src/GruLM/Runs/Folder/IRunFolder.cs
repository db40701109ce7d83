// The folder of a run as the run sees it: its own, or that of the first of several processes, which alone writes to it.

using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Where a run finds what it goes on from, and leaves what it makes. Not thread-safe.</summary>
internal interface IRunFolder : ITrainingStore, IDisposable
{
    /// <summary>The checkpoint to continue from; null when training starts from the beginning.</summary>
    string? CheckpointFolder { get; }

    /// <summary>Whether the run in the folder goes on.</summary>
    bool GoesOn { get; }

    /// <summary>Whether the run that goes on reads its text as older runs did (see <see cref="RunRecord.ReadsByNames"/>).</summary>
    bool ReadsByNames { get; }

    /// <summary>What the standard input of the run that goes on was called; null: just that.</summary>
    string? InputName { get; }

    /// <summary>The settings of the run that goes on.</summary>
    TrainingSettings? Settings { get; }

    /// <summary>Where the tokens of a large text are kept; null for a run that writes nothing.</summary>
    string? TokenPath { get; }

    /// <summary>Where a run keeps what it reads from standard input, once it has begun.</summary>
    string KeptInputPath { get; }

    /// <summary>Whether the folder still holds the model that the run is to replace.</summary>
    bool KeepsOldModel { get; }

    /// <summary>The weights of the best model so far.</summary>
    string WeightsPath { get; }

    /// <summary>The settings with the texts in them that can be read again: what a new run is handed through a pipe or a device is copied
    /// into the folder first, and what one that goes on was told is looked for where it is now.</summary>
    /// <exception cref="FileNotFoundException">The text of a run that goes on is nowhere.</exception>
    TrainingSettings WithTexts(TrainingSettings settings, Action<string> phase, CancellationToken cancel);

    /// <summary>The standard input that the run kept when it began; null when there is none.</summary>
    FileStream? OpenKeptInput();

    /// <summary>Where standard input is to be written too, so that the run can go on; null for a run that goes on or writes
    /// nothing. <paramref name="hasOwnName"/>: it is no standard input, but what a program hands to its run as such.</summary>
    Stream? KeepInput(bool hasOwnName);

    /// <summary>Writes down what the run was told and what it finds or, when it goes on, checks that it still finds the same.
    /// Returns the tokenizer that is there already.</summary>
    Tokenizer? Begin(TrainingSettings settings, RunRecord record, Action<string> notice);

    /// <summary>Saves a tokenizer as soon as it is there.</summary>
    void Keep(Tokenizer tokenizer);

    /// <summary>Everything is ready for the first step: the settings are written as they were <paramref name="completed"/>, with the
    /// model's <paramref name="defaults"/> unless the run goes on, and figures are collected from here on. Returns who is to be told of
    /// them, if anyone is.</summary>
    RunFigures? Open(TrainingSettings completed, GenerationConfig defaults, long step);

    /// <summary>The run has ended: writes its settings with what was decided while it went on, so that it can be repeated.</summary>
    void WriteFinalSettings(TrainingSettings settings);

    /// <summary>Whether the weights in a folder are those that the run starts from.</summary>
    bool IsStart(string source);

    /// <summary>The run has ended: its model takes the place of the old one, if it has not done so.</summary>
    void TakeThePlace();

    /// <summary>Removes what a run wrote that failed before it could begin.</summary>
    void TakeBack();
}
