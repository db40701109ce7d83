// A look at the beginning of an input that is handed on as it is.

namespace GruLM.Cli.Pipes;

/// <summary>What to say of an input that begins with these bytes; null: nothing.</summary>
/// <param name="name">What messages call the input.</param>
/// <param name="first">Its first bytes, as many as were asked for, or all that it has.</param>
internal delegate string? FirstLook(string name, ReadOnlySpan<byte> first);
