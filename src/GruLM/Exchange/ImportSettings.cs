// What an import is told.

using GruLM.Model;

namespace GruLM;

/// <summary>What to import, and what tensors do not tell. Immutable, and so safe for several threads.</summary>
public sealed record ImportSettings
{
    /// <summary>A file of <c>torch.save</c>, a safetensors file, the index of one in parts, or a folder with one.</summary>
    public required string Weights { get; init; }

    /// <summary>A SentencePiece model. Null: <c>tokenizer.model</c> beside the weights.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>A JSON file, an object <c>{"their.name": "our.name"}</c>; an empty name leaves a tensor out. Null: names are ours, perhaps
    /// behind a prefix.</summary>
    public string? Map { get; init; }

    /// <summary>The model folder to make.</summary>
    public required string OutDir { get; init; }

    /// <summary>Whether a model in <see cref="OutDir"/> is replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether layers above the first add to what they read. Null: as config.json beside the weights says, else not.</summary>
    public bool? Residual { get; init; }

    /// <summary>What it was trained on. Null: as config.json beside the weights says, else lines for what looks like the Python original,
    /// and a stream.</summary>
    public SampleKind? Samples { get; init; }

    /// <summary>The dropout that it was trained with, which matters to further training alone. Null: as config.json says, else
    /// none.</summary>
    public double? Dropout { get; init; }
}
