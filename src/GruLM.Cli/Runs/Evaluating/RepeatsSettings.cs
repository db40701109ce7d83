// What grulm eval --repeats was told.

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm eval --repeats</c> was told.</summary>
internal sealed record RepeatsSettings
{
    public required string Model { get; init; }

    /// <summary>The training text; null for the recorded one.</summary>
    public string? Data { get; init; }

    /// <summary>How it is read.</summary>
    public DataForm Form { get; init; } = new();

    /// <summary>Tokens written.</summary>
    public int MaxTokens { get; init; }

    public ulong Seed { get; init; }

    public bool Json { get; init; }

    public int Threads { get; init; }
}
