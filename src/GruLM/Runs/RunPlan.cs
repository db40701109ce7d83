// What a training run is going to be, before it begins.

using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>What a run is going to be. Immutable, safe for several threads.</summary>
public sealed record RunPlan
{
    /// <summary>The sizes of its model.</summary>
    public required GruConfig Config { get; init; }

    /// <summary>The model's parameters.</summary>
    public required long Parameters { get; init; }

    /// <summary>How the text is cut.</summary>
    public required SampleKind Samples { get; init; }

    /// <summary>Whether samples are lines and some of them hold an exchange, so that one can chat with the model.</summary>
    public bool HasExchanges { get; init; }

    /// <summary>Whether none of them holds more than one, so that each question is best asked with a fresh state.</summary>
    public bool HasSingleExchanges { get; init; }

    /// <summary>Tokens of the training part.</summary>
    public required long TokensPerEpoch { get; init; }

    /// <summary>Steps that the first epoch has.</summary>
    public required long StepsPerEpoch { get; init; }

    /// <summary>Tokens that an evaluation could read; null when nothing is held out.</summary>
    public required long? HeldOutTokens { get; init; }

    /// <summary>Held-out tokens that an evaluation reads; 0: all.</summary>
    public int EvalTokens { get; init; }

    /// <summary>Lanes of text in a step.</summary>
    public required int Lanes { get; init; }

    /// <summary>Tokens that a window has, or has about.</summary>
    public required int Bptt { get; init; }

    /// <summary>Whether windows vary around that length.</summary>
    public required bool RandomBptt { get; init; }

    /// <summary>Updates that the run makes, in all its parts; an estimate where time decides.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Updates that it has made already.</summary>
    public required long StepsDone { get; init; }

    /// <summary>Seconds that it has trained already.</summary>
    public double SecondsDone { get; init; }

    /// <summary>The device that computes, with its kernels and precision, in a few words.</summary>
    public required string Kernels { get; init; }

    /// <summary>Threads that compute.</summary>
    public required int Threads { get; init; }

    /// <summary>The machines that several processes train on together, one a process; none where one process trains.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>About how many bytes training takes besides the text.</summary>
    public required double MemoryBytes { get; init; }

    /// <summary>Whether there is nothing left to do.</summary>
    public bool IsDone { get; init; }

    /// <summary>Whether that is because the held-out figure no longer improved.</summary>
    public bool IsOutOfPatience { get; init; }

    /// <summary>Evaluations since the best one, in a run that goes on.</summary>
    public int EvaluationsSinceBest { get; init; }

    /// <summary>The checkpoint that the run goes on from; null when it starts from the beginning.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>The minutes that the run was given; null where epochs and steps say how long it is.</summary>
    public double? Minutes { get; init; }

    /// <summary>What the model that training starts from makes of the held-out part; null where training starts from starting values, or
    /// nothing is held out.</summary>
    public EvaluationResult? Before { get; init; }

    /// <summary>What it makes of the held-out part of its own training; null where that is not to be had.</summary>
    public EvaluationResult? OldBefore { get; init; }

    /// <summary>The name of the recipe that was chosen; null where none was.</summary>
    public string? Recipe { get; init; }

    /// <summary>About how many seconds the run takes here, where a recipe was chosen and no time was given; else null.</summary>
    public double? Seconds { get; init; }

    /// <summary>Where time decides: the epochs that end the run before the time is up; null when they do not.</summary>
    public int? EpochsThatEndIt { get; init; }
}
