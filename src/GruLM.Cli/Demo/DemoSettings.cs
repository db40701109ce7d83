// What grulm demo was told.

namespace GruLM.Cli.Demo;

/// <summary>What <c>grulm demo</c> was told.</summary>
internal sealed record DemoSettings
{
    public required string OutDir { get; init; }

    /// <summary>Bytes of training text; 0 takes what the steps read.</summary>
    public int Bytes { get; init; }

    /// <summary>Steps of the training; 0 makes as many as this machine makes in the time.</summary>
    public int MaxSteps { get; init; }

    public ulong Seed { get; init; } = 1;

    public int Threads { get; init; }

    /// <summary>About how long all of it may take.</summary>
    public double Minutes { get; init; } = DemoRun.DefaultMinutes;

    /// <summary>What <c>--watch</c> says; null: the training is not shown.</summary>
    public int? Watch { get; init; }

    /// <summary>What the model is trained by.</summary>
    public TrainingSettings Recipe { get; init; } = DemoRun.Recipe;
}
