// A sentence or a word of a corpus with its count.
namespace GruLM.Tokenization;

/// <summary>A sentence or word and how often it stands.</summary>
internal readonly record struct CountedText(byte[] Text, long Count);
