// The figures of many documents together.

using System.Globalization;
using System.Runtime.InteropServices;
using GruLM.Model;

namespace GruLM.Cli.Commands;

/// <summary>Sums over documents.</summary>
/// <param name="Documents">How many there were.</param>
/// <param name="Kept">How many of them were kept.</param>
/// <param name="Tokens">Tokens that were predicted.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Nll">Their negative log-likelihood in nats.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DocumentSums(long Documents, long Kept, long Tokens, long Bytes, double Nll)
{
    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>How many documents, in words.</summary>
    public string DocumentsText => string.Create(s_invariant, $"{Documents:#,0} {(Documents == 1 ? "document" : "documents")}");

    /// <summary>These and one document more.</summary>
    public DocumentSums With(DocumentScore score, bool isKept) =>
        new(Documents + 1, Kept + (isKept ? 1 : 0), Tokens + score.Tokens, Bytes + score.Bytes, Nll + score.Nll);

    /// <summary>The figures as a line; where documents were chosen, with how many were kept.</summary>
    public string Line(bool areChosen)
    {
        string choice = areChosen ? string.Create(s_invariant, $", {Kept:#,0} kept") : "";
        if (Tokens == 0) return $"{DocumentsText}{choice}; there is nothing to predict";
        var sums = new LossSums(Nll, Tokens, 0);
        return string.Create(
            s_invariant,
            $"NLL {sums.MeanNll:0.0000}  perplexity {Perplexity.Text(sums.Perplexity)}  bits/byte {sums.BitsPerByte(Bytes):0.0000}  "
            + $"({DocumentsText}{choice}, {Tokens:#,0} tokens predicted, {Bytes:#,0} bytes)");
    }

    public static DocumentSums operator +(DocumentSums a, DocumentSums b) =>
        new(a.Documents + b.Documents, a.Kept + b.Kept, a.Tokens + b.Tokens, a.Bytes + b.Bytes, a.Nll + b.Nll);
}
