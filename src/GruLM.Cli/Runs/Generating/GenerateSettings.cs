// What grulm generate was told.

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm generate</c> was told. Several prompts are continued one after another, each from a fresh state.</summary>
internal sealed record GenerateSettings
{
    public required string Model { get; init; }

    public required IReadOnlyList<string> Prompts { get; init; }

    public required GenerationOptions Options { get; init; }

    public bool Json { get; init; }

    public int Threads { get; init; }
}
