// Weights as bytes, one scale a row, laid out for the vectors that read them: blocks of as many rows as a vector has, and in a block, for
// each four columns, the four weights of every row. Multiplying bytes of activations by it gives exact sums.
// How numbers become bytes is defined in docs/int8.md, and is the same for all layouts.

namespace GruLM.Kernels;

/// <summary>An immutable matrix of int8 weights [rows, columns]. Safe for several threads until it is disposed.</summary>
internal sealed unsafe class Int8Matrix : IDisposable
{
    /// <summary>Rows are padded to a multiple of this, with zeros.</summary>
    public const int RowStep = 16;

    /// <summary>Columns are padded to a multiple of this, with zeros.</summary>
    public const int ColumnStep = 8;

    private readonly AlignedBuffer<sbyte> _weights;
    private readonly AlignedBuffer<float> _scales;
    private readonly AlignedBuffer<int> _start;

    /// <summary>Makes bytes of the rows of <paramref name="source"/>, which has <paramref name="stride"/> numbers a row, for
    /// <paramref name="compute"/>. Row i is row rowOf[i] of the source; a row whose number is negative is zero.</summary>
    public Int8Matrix(Int8Compute compute, float* source, nint stride, int columns, ReadOnlySpan<int> rowOf)
    {
        (Columns, PaddedColumns) = (columns, (columns + ColumnStep - 1) / ColumnStep * ColumnStep);
        (Rows, PaddedRows) = (rowOf.Length, (rowOf.Length + RowStep - 1) / RowStep * RowStep);
        BlockRows = compute.BlockRows;
        _weights = new AlignedBuffer<sbyte>((long)PaddedRows * PaddedColumns);
        _scales = new AlignedBuffer<float>(PaddedRows);
        _start = new AlignedBuffer<int>(PaddedRows);
        sbyte[] row = new sbyte[PaddedColumns];
        for (int i = 0; i < Rows; i++)
        {
            if (rowOf[i] < 0) continue;
            _scales.Pointer[i] = Int8Rounding.Row(new ReadOnlySpan<float>(source + (rowOf[i] * stride), columns), row);
            _start.Pointer[i] = -compute.Bias * Place(i, row);
        }
    }

    /// <summary>Rows that are multiplied; more are there, zero.</summary>
    public int Rows { get; }

    /// <summary>Rows with their padding.</summary>
    public int PaddedRows { get; }

    /// <summary>Columns that count.</summary>
    public int Columns { get; }

    /// <summary>Columns with their padding: bytes of a row, and of a vector of activations.</summary>
    public int PaddedColumns { get; }

    /// <summary>Rows in a block.</summary>
    public int BlockRows { get; }

    /// <summary>Bytes in a block.</summary>
    public nint BlockBytes => (nint)BlockRows * PaddedColumns;

    /// <summary>What a unit of each row is worth: [<see cref="PaddedRows"/>].</summary>
    public float* Scales => _scales.Pointer;

    /// <summary>What each row's sum begins with, so that the bias of the activations is gone in the end:
    /// [<see cref="PaddedRows"/>].</summary>
    public int* Start => _start.Pointer;

    /// <summary>A weight.</summary>
    public sbyte this[int row, int column] => *At(row, column);

    /// <summary>The block that row <paramref name="row"/> begins.</summary>
    public sbyte* Block(int row) => _weights.Pointer + ((nint)row * PaddedColumns);

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _weights.Dispose();
        _scales.Dispose();
        _start.Dispose();
    }

    // Puts a row where its block has it, and returns the sum of its weights.
    private int Place(int row, ReadOnlySpan<sbyte> weights)
    {
        int sum = 0;
        for (int column = 0; column < weights.Length; column++)
        {
            *At(row, column) = weights[column];
            sum += weights[column];
        }

        return sum;
    }

    private sbyte* At(int row, int column) =>
        Block(row / BlockRows * BlockRows) + (row % BlockRows * 4) + (column / 4 * 4 * BlockRows) + (column % 4);
}
