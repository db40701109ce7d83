// The four numbers of a unit at a step: its gates, or the gradients of their sums. GruCell.cs computes both.

namespace GruLM.Model;

/// <summary>Gates of some units of one lane, and the gradients of their sums.</summary>
/// <param name="R">r, or dar.</param>
/// <param name="Z">z, or daz.</param>
/// <param name="N">n, or dan.</param>
/// <param name="Q">q, or dq.</param>
internal readonly record struct GruGates<V>(V R, V Z, V N, V Q)
    where V : unmanaged;
