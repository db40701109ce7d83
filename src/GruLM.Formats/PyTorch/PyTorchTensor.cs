// A tensor in a file of torch.save: a name, a shape, and where in which storage its numbers are.

namespace GruLM.Formats;

/// <summary>A tensor that a <see cref="PyTorchFile"/> holds. Immutable, and so safe for several threads.</summary>
public sealed record PyTorchTensor
{
    internal PyTorchTensor(string name, TensorType type, IReadOnlyList<long> shape) =>
        (Name, Type, Shape, ElementCount) = (name, type, shape, shape.Aggregate(1L, (product, size) => product * size));

    /// <summary>Its name, for example <c>gru.weight_ih_l0</c>.</summary>
    public string Name { get; internal init; }

    /// <summary>The type of its elements.</summary>
    public TensorType Type { get; }

    /// <summary>Its sizes, outermost first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The number of elements: the product of the sizes.</summary>
    public long ElementCount { get; }

    /// <summary>The storage that holds its numbers; tensors that are tied have one together.</summary>
    public string Storage { get; internal init; } = "";

    /// <summary>Elements in the storage.</summary>
    internal long StorageElements { get; init; }

    /// <summary>The element at which the tensor begins.</summary>
    internal long Offset { get; init; }

    /// <summary>Elements from one to the next in each dimension.</summary>
    internal IReadOnlyList<long> Strides { get; init; } = [];

    /// <summary>Whether its numbers lie one behind another, in row-major order.</summary>
    internal bool IsContiguous
    {
        get
        {
            long step = 1;
            for (int i = Shape.Count - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != step) return false;
                step *= Shape[i];
            }

            return true;
        }
    }
}
