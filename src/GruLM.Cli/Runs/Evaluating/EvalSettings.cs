// What grulm eval was told, but for --repeats, which has settings of its own.

using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm eval</c> was told.</summary>
internal sealed record EvalSettings
{
    public required string Model { get; init; }

    /// <summary>The text; null for the held-out part of what the model was trained on.</summary>
    public string? Data { get; init; }

    /// <summary>How the data are read.</summary>
    public DataForm Form { get; init; } = new();

    /// <summary>Tokens after which the state starts afresh; 0: never.</summary>
    public int Window { get; init; }

    /// <summary>How the text is cut; null: as the model was trained.</summary>
    public SampleKind? Samples { get; init; }

    /// <summary>How the model adapts as it reads; null where it does not.</summary>
    public DynamicOptions? Dynamic { get; init; }

    /// <summary>Whether only answers count; null: as the model was trained.</summary>
    public bool? MaskPrompt { get; init; }

    public bool Json { get; init; }

    public int Threads { get; init; }
}
