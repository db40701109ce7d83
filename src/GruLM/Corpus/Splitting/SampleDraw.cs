// How samples are drawn from a text.

namespace GruLM.Corpus;

/// <summary>What decides which samples are held out. Immutable.</summary>
/// <param name="Fraction">The share of them.</param>
/// <param name="Seed">Decides which.</param>
internal sealed record SampleDraw(double Fraction, ulong Seed)
{
    /// <summary>Whether the training part is left out, which would be most of a copy of the text.</summary>
    public bool HeldOutOnly { get; init; }

    /// <summary>From how many bytes on a part lies in a temporary file.</summary>
    public long MostInMemory { get; init; } = new CorpusOptions().MostInMemory;
}
