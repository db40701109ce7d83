// A JSON value where it stands in a text.

namespace GruLM.Corpus;

/// <summary>A value.</summary>
/// <param name="Json">Its bytes.</param>
/// <param name="Line">The line it begins in, from 1 on.</param>
/// <param name="Column">Bytes before it in that line.</param>
internal readonly record struct JsonValue(ReadOnlyMemory<byte> Json, long Line, int Column);
