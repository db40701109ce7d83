// What grulm bench tokenizer was told.

namespace GruLM.Cli.Bench;

/// <summary>What <c>grulm bench tokenizer</c> measures.</summary>
internal sealed record TokenizerBenchSettings
{
    /// <summary>Texts of one's own instead of the generated ones.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    public int Megabytes { get; init; } = 20;

    public int VocabSize { get; init; } = 8000;

    /// <summary>Measure only cases whose name holds this text.</summary>
    public string Filter { get; init; } = "";

    public int Rounds { get; init; } = 3;

    public int Threads { get; init; } = Environment.ProcessorCount;

    public bool Json { get; init; }

    /// <summary>A program that encodes and decodes strings elsewhere; null: strings are not measured.</summary>
    public string? Peer { get; init; }
}
