// One document of the sample corpus: its text, and how likely the grammar was to write just this one.

namespace GruLM.Cli.Demo;

/// <summary>One document of a sample text.</summary>
/// <param name="Start">Its first character, which is also its first byte.</param>
/// <param name="Length">Its length, the empty line at its end included.</param>
/// <param name="Nats">Its exact −log p.</param>
public readonly record struct SampleDocument(int Start, int Length, double Nats);
