// How grulm tokenizer encode cuts its lines and what it writes.
namespace GruLM.Cli.Pipes;

/// <summary>How lines are encoded.</summary>
internal sealed record EncodeOptions
{
    /// <summary>The form of the output.</summary>
    public EncodedForm Form { get; init; }

    /// <summary>Input lines are JSON objects with the field <c>text</c>.</summary>
    public bool JsonLines { get; init; }

    /// <summary>How many cuts a line gives; with sampling: how many best ones a cut is drawn from.</summary>
    public int NBest { get; init; } = 1;

    /// <summary>Seed of the random cuts; null for the best cut.</summary>
    public uint? SamplingSeed { get; init; }

    /// <summary>SentencePiece's alpha.</summary>
    public float Alpha { get; init; }
}
