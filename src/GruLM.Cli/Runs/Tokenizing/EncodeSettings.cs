// What grulm tokenizer encode was told.

using GruLM.Cli.Pipes;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm tokenizer encode</c> was told.</summary>
internal sealed record EncodeSettings
{
    /// <summary>A .model file or a model folder.</summary>
    public required string Model { get; init; }

    public required EncodeOptions Options { get; init; }

    /// <summary>Steps after encoding, see <see cref="Tokenization.ExtraOptions"/>.</summary>
    public string ExtraOptions { get; init; } = "";

    /// <summary>A file with the pieces to use alone; null: all of them.</summary>
    public string? Vocabulary { get; init; }

    /// <summary>The least count of a piece of <see cref="Vocabulary"/>.</summary>
    public int VocabularyThreshold { get; init; }
}
