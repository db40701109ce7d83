// One parameter in the flat buffer of all: its name, its shape and where it begins.

namespace GruLM.Model;

/// <summary>A named tensor's place in the flat buffer.</summary>
/// <param name="Name">PyTorch's name, such as <c>gru.weight_ih_l0</c>.</param>
/// <param name="Rows">First dimension.</param>
/// <param name="Columns">Second dimension; 1 for vectors.</param>
/// <param name="Offset">First element in the flat buffer, a multiple of 16.</param>
public sealed record ParameterView(string Name, int Rows, int Columns, long Offset)
{
    /// <summary>Number of elements.</summary>
    public long Length => (long)Rows * Columns;

    /// <summary>A tensor of one dimension: a bias, or the factors of a layer normalisation.</summary>
    public bool IsVector => Name.Contains(".bias_", StringComparison.Ordinal) || Name.StartsWith("norm.", StringComparison.Ordinal);

    /// <summary>The shape as files state it.</summary>
    public long[] Shape => IsVector ? [Rows] : [Rows, Columns];
}
