// What a command line of grulm generate says, but for how tokens are chosen.

using GruLM.Generation;

namespace GruLM.Cli.Commands;

/// <summary>What to continue, and how often.</summary>
internal sealed record GenerateCall
{
    public required string Model { get; init; }

    /// <summary>Prompts as they were given.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>A file that holds another one; null: there is none.</summary>
    public string? File { get; init; }

    /// <summary>Whether escapes are read in prompts and stop strings.</summary>
    public bool Escape { get; init; }

    /// <summary>Texts behind each prompt; null: one, shown as it comes.</summary>
    public int? Completions { get; init; }

    /// <summary>Whether texts are left out that are known.</summary>
    public bool OnlyNew { get; init; }

    /// <summary>Texts that a search follows; null: texts are drawn.</summary>
    public int? Beam { get; init; }

    /// <summary>How many of the likeliest tokens are told of with each token; null: nothing is.</summary>
    public int? LogProbs { get; init; }

    /// <summary>Where the state is kept; null: nowhere.</summary>
    public string? State { get; init; }

    public bool Json { get; init; }

    public WeightFormat Weights { get; init; }

    public required string Device { get; init; }

    public int Threads { get; init; }
}
