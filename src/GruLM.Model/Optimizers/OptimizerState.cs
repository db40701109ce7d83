// What an optimizer remembers between updates, as named buffers: what a checkpoint writes and resuming reads.

namespace GruLM.Model;

/// <summary>A part of an optimizer's state.</summary>
/// <param name="Name">Its name, such as <c>m</c>.</param>
/// <param name="Values">The tensors.</param>
/// <param name="Views">Those of them that are in use.</param>
internal sealed record OptimizerState(string Name, GruParameters Values, IReadOnlyList<ParameterView> Views);
