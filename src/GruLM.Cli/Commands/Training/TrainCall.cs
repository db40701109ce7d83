// What grulm train was told: settings that were given, and what is to be done with them.

namespace GruLM.Cli.Commands;

/// <summary>What <c>grulm train</c> was told.</summary>
internal sealed record TrainCall
{
    /// <summary>Settings from flags and from a file, flags last.</summary>
    public required GivenSettings Given { get; init; }

    /// <summary>The folder of a run that goes on; null for a new run.</summary>
    public string? ResumedFolder { get; init; }

    /// <summary>The folder of a new run.</summary>
    public string? OutDir { get; init; }

    /// <summary>The name of a recipe; null for none.</summary>
    public string? Preset { get; init; }

    /// <summary>Whether to do everything but train.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>What <c>--watch</c> says; null: the run is not shown.</summary>
    public int? Watch { get; init; }

    /// <summary>Whether a model that is in the folder may be replaced.</summary>
    public bool Overwrite { get; init; }
}
