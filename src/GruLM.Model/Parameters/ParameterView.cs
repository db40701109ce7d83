// One parameter in the flat buffer of all: its name, its shape and where it begins.

namespace GruLM.Model;

/// <summary>A named tensor's place in the flat buffer. Immutable, and so safe for several threads.</summary>
/// <param name="Name">PyTorch's name, such as <c>gru.weight_ih_l0</c>.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Layer">The layer it belongs to, from 0; 0 too for what belongs to none.</param>
/// <param name="Rows">First dimension.</param>
/// <param name="Columns">Second dimension; 1 for vectors.</param>
/// <param name="Offset">First element in the flat buffer, a multiple of 16.</param>
public sealed record ParameterView(string Name, ParameterRole Role, int Layer, int Rows, int Columns, long Offset)
{
    /// <summary>Number of elements.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>A tensor of one dimension: a bias, or the factors of a layer normalisation.</summary>
    public bool IsVector =>
        Role is ParameterRole.InputBias or ParameterRole.RecurrentBias or ParameterRole.NormGain or ParameterRole.NormBias;

    /// <summary>A matrix of a GRU layer, whose three gates are stacked.</summary>
    public bool IsGruMatrix => Role is ParameterRole.InputWeights or ParameterRole.RecurrentWeights;

    /// <summary>The shape as files state it.</summary>
    public long[] Shape => IsVector ? [Rows] : [Rows, Columns];
}
