// All that a text that is being read and written depends on: what is copied, forked, undone, saved.

namespace GruLM;

/// <summary>A moment of a text. Immutable.</summary>
/// <param name="State">The model's state: [L, H].</param>
/// <param name="Recent">The last tokens that were read or written, which penalties look at.</param>
/// <param name="Drawn">Draws made so far: the number of the next one.</param>
/// <param name="Decoded">How many of the last tokens, or more, the text that is not ended yet has: its next space depends on them.</param>
/// <param name="MirostatBound">The bound of mirostat, where it is on.</param>
/// <param name="Constrained">The text under a constraint that is not whole yet, where there is one.</param>
internal sealed record WriterState(
    float[] State, int[] Recent, ulong Drawn, int Decoded, float? MirostatBound, PartOfConstrained? Constrained = null);
