// What grulm tokenizer normalize was told.

using GruLM.Tokenization;

namespace GruLM.Cli.Runs;

/// <summary>By which rules lines are normalised.</summary>
internal sealed record NormalizeSettings
{
    /// <summary>A model whose rules to use; null for none.</summary>
    public string? Model { get; init; }

    /// <summary>The name of rules; null for none.</summary>
    public string? Rules { get; init; }

    /// <summary>A file of rules; null for none.</summary>
    public string? RulesFile { get; init; }

    /// <summary>Whether the spaces that encoding sees are left in.</summary>
    public bool AsEncodingSees { get; init; }

    public bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>Whether to write the rules themselves.</summary>
    public bool Decompile { get; init; }

    public Compatibility Compat { get; init; } = Compatibility.V02;
}
