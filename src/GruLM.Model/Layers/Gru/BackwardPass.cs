// What a layer is given on its way backwards over a sequence, and the memory it may use on the way. E' and H' are E and H rounded up to a
// multiple of 16.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>One layer's backward pass over T steps of B lanes. All layers share the scratch memory.</summary>
internal unsafe struct BackwardPass
{
    /// <summary>What the layer has read, [T·B, E'].</summary>
    public float* X;

    /// <summary>The loss's gradient for each of its states, [T·B, H'].</summary>
    public float* DY;

    /// <summary>Receives the gradient of what it has read, [T·B, E']; may be the memory of <see cref="DY"/>.</summary>
    public float* DX;

    /// <summary>Scratch: the part of dh that passes through the update gate, [B, H'].</summary>
    public float* Carry;

    /// <summary>T and B.</summary>
    public int Steps, Lanes;

    /// <summary>Scratch: inputs and states as right-hand matrices.</summary>
    public PackedMatrix PackedInput, PackedState;
}
