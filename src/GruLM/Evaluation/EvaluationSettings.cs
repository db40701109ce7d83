// What an evaluation can be told.

using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>How a model is evaluated. Immutable, safe for several threads.</summary>
public sealed record EvaluationSettings
{
    /// <summary>The model's folder.</summary>
    public required string Model { get; init; }

    /// <summary>Files and folders of text to evaluate on, <c>-</c> for standard input; empty: the held-out part of what the model was
    /// trained on.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Whether <see cref="Data"/> is the text that the model was trained on, in another place than it was then:
    /// only the part of it that was held out is read. Another text is an error.</summary>
    public bool HeldOutOnly { get; init; }

    /// <summary>What the files hold; null: what their names say.</summary>
    public CorpusFormat? DataFormat { get; init; }

    /// <summary>The column of tables that holds the text; null for the column <c>text</c>.</summary>
    public string? Column { get; init; }

    /// <summary>Tokens after which the state starts afresh; 0: never.</summary>
    public int Window { get; init; }

    /// <summary>How the text is cut; null: as the model was trained.</summary>
    public SampleKind? Samples { get; init; }

    /// <summary>Whether only answers count; null: as the model was trained.</summary>
    public bool? MaskPrompt { get; init; }

    /// <summary>How a copy of the model adapts as it reads, for a second figure; null: there is none.</summary>
    public DynamicOptions? Dynamic { get; init; }

    /// <summary>The numbers that weights are read as; <see cref="WeightFormat.Auto"/> is float32. <see cref="Dynamic"/> evaluation is in
    /// float32.</summary>
    public WeightFormat Weights { get; init; }

    /// <summary>What computes: one of <see cref="Devices.Words"/>. <see cref="Dynamic"/> evaluation is the processor's.</summary>
    public string Device { get; init; } = Devices.Cpu;

    /// <summary>Threads to compute with; 0: one a core.</summary>
    public int Threads { get; init; }
}
