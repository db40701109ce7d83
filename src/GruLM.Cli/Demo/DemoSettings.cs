// What grulm demo was told.

namespace GruLM.Cli.Demo;

/// <summary>What <c>grulm demo</c> was told.</summary>
internal sealed record DemoSettings
{
    public required string OutDir { get; init; }

    /// <summary>Bytes of training text; 0 takes what this machine learns in the time.</summary>
    public int Bytes { get; init; }

    public ulong Seed { get; init; } = 1;

    public int Threads { get; init; }

    /// <summary>About how long all of it may take.</summary>
    public double Minutes { get; init; } = DemoRun.DefaultMinutes;

    /// <summary>What the model is trained by.</summary>
    public TrainingSettings Recipe { get; init; } = DemoRun.Recipe;
}
