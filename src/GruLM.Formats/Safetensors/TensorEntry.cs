// One tensor of a safetensors file as its header describes it: name, type, shape and where its bytes lie.

namespace GruLM.Formats;

/// <summary>One tensor of a file: what it is and where it lies. Immutable, and so safe for several threads.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements in the file.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="ElementCount">The product of the sizes.</param>
/// <param name="Start">Its first byte, counted from the file's beginning.</param>
public sealed record TensorEntry(string Name, TensorType Type, IReadOnlyList<long> Shape, long ElementCount, long Start)
{
    /// <summary>The bytes it takes in the file.</summary>
    public long ByteCount => ElementCount * Type.SizeInBytes();
}
