// What a look for verbatim copies in generated text can be told.

using GruLM.Corpus;

namespace GruLM;

/// <summary>How a model's text is compared with what it was trained on. Immutable, safe for several threads.</summary>
public sealed record RepeatsSettings
{
    /// <summary>The model's folder.</summary>
    public required string Model { get; init; }

    /// <summary>Files and folders of text to compare with, <c>-</c> for standard input; empty: what the model was trained on.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Whether <see cref="Data"/> is the text that the model was trained on, in another place than it was then:
    /// the part of it that was held out is compared too. Another text is an error.</summary>
    public bool HeldOutOnly { get; init; }

    /// <summary>What the files hold; null: what their names say.</summary>
    public CorpusFormat? DataFormat { get; init; }

    /// <summary>The column of tables that holds the text; null for the column <c>text</c>.</summary>
    public string? Column { get; init; }

    /// <summary>Tokens that are written.</summary>
    public int MaxTokens { get; init; } = 2000;

    /// <summary>Seed of the text.</summary>
    public ulong Seed { get; init; }

    /// <summary>What computes: one of <see cref="Devices.Words"/>.</summary>
    public string Device { get; init; } = Devices.Cpu;

    /// <summary>Threads to compute with; 0: one a core.</summary>
    public int Threads { get; init; }
}
