// Where a sample stands in a text.

namespace GruLM.Corpus;

/// <summary>Where a sample stands in a text: bytes from <paramref name="Start"/> up to <paramref name="End"/>.</summary>
internal readonly record struct SampleRange(long Start, long End);
