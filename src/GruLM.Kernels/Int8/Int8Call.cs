// What one call of a product of bytes is handed.

namespace GruLM.Kernels;

/// <summary>Some blocks of rows of weights, and the activations that they are multiplied by.</summary>
internal unsafe struct Int8Call
{
    /// <summary>The first block.</summary>
    public sbyte* Weights;

    /// <summary>Bytes in a block.</summary>
    public nint BlockBytes;

    /// <summary>Rows, a multiple of <see cref="Int8Matrix.RowStep"/>.</summary>
    public int Rows;

    /// <summary>Columns, a multiple of <see cref="Int8Matrix.ColumnStep"/>.</summary>
    public int Columns;

    /// <summary>What each row's sum begins with.</summary>
    public int* Start;

    /// <summary>Activations, with the bias that the instructions want, one vector after another.</summary>
    public byte* Activations;

    /// <summary>Bytes from one vector of activations to the next.</summary>
    public nint ActivationStride;

    /// <summary>Vectors of activations.</summary>
    public int Vectors;

    /// <summary>Where the sums go: a row for each vector of activations.</summary>
    public int* Sums;

    /// <summary>Sums from one vector's to the next one's.</summary>
    public nint SumStride;

    /// <summary>Block number <paramref name="block"/> of these.</summary>
    public readonly sbyte* Block(int block) => Weights + (block * BlockBytes);
}
