// How a pipe reads the lines that it puts together to text, and how it writes the text.
namespace GruLM.Tokenization;

/// <summary>How lines are decoded. Immutable.</summary>
public sealed record DecodeOptions
{
    /// <summary>What the lines hold.</summary>
    public DecodeInput Input { get; init; }

    /// <summary>Whether to write JSON objects with the field <c>text</c>; otherwise the text alone.</summary>
    public bool JsonLines { get; init; }

    /// <summary>Steps before decoding, as <see cref="Tokenization.ExtraOptions.Parse"/> reads them; empty for none.</summary>
    public string ExtraOptions { get; init; } = "";
}
