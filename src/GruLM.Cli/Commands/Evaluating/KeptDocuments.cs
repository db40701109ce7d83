// Which documents are kept by how likely a model finds them.

namespace GruLM.Cli.Commands;

/// <summary>Bounds of bits a byte, which belong to what is kept; null for none.</summary>
internal sealed record KeptDocuments(double? Least, double? Most)
{
    /// <summary>Whether any may be left out.</summary>
    public bool IsChoice => Least is not null || Most is not null;

    /// <summary>Whether a document is kept. One without figures is within no bounds.</summary>
    public bool Has(DocumentScore score) =>
        !IsChoice || (score.BitsPerByte is { } bits && (Least is null || bits >= Least) && (Most is null || bits <= Most));
}
