// What a training step's dropout is drawn from: random numbers are functions of seed, step and place, so a draw needs no state.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Dropout between the layers in step <paramref name="Step"/>.</summary>
/// <param name="Random">The seed's random numbers.</param>
/// <param name="Step">The training step.</param>
/// <param name="Locked">Whether one mask serves all time steps of a window.</param>
/// <param name="Lanes">Which lanes of a shared batch these are.</param>
internal readonly record struct LayerDropout(Philox Random, long Step, bool Locked, LanePlace Lanes = default);

/// <summary>One draw of a mask.</summary>
/// <param name="Random">The seed's random numbers.</param>
/// <param name="Probability">That an element is dropped.</param>
/// <param name="Step">The training step.</param>
/// <param name="Place">Where in the model: a layer, or a place beside them.</param>
/// <param name="Lanes">Which lanes of a shared batch the mask is for, if it is one of lanes.</param>
/// <param name="Width">Numbers of a lane, where the batch is shared.</param>
internal readonly record struct DropoutDraw(
    Philox Random, double Probability, long Step, int Place, LanePlace Lanes = default, int Width = 0);
