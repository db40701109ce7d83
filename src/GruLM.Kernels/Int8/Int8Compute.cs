// Products of int8 weights with int8 activations, on one of the paths. Sums are exact, so that path, threads and the number of activations
// at once never change them.

using System.Runtime.Intrinsics;

namespace GruLM.Kernels;

/// <summary>Multiplies bytes on one path. Immutable, and so safe for several threads.</summary>
internal sealed unsafe class Int8Compute
{
    // Blocks of rows that stay in the first-level cache while all vectors of activations pass by.
    private const int RowsAtOnce = 64;

    private Int8Compute(Int8Path path) => Path = path;

    /// <summary>The path.</summary>
    public Int8Path Path { get; }

    /// <summary>Rows in a block of weights.</summary>
    public int BlockRows => Path switch
    {
        Int8Path.Scalar => Int8Simd1.Rows,
        Int8Path.Vector128 => Int8Simd128.Rows,
        Int8Path.Vector256 or Int8Path.AvxVnni => Int8Simd256.Rows,
        _ => Int8Simd512.Rows,
    };

    /// <summary>What is added to an activation before it is stored as a byte.</summary>
    public byte Bias => Path is Int8Path.AvxVnni or Int8Path.Avx512Vnni ? (byte)128 : (byte)0;

    /// <summary>The products of <paramref name="path"/>; throws <see cref="ArgumentException"/> when this machine lacks it.</summary>
    public static Int8Compute Create(Int8Path path) => Int8Choice.Available.Contains(path)
        ? new Int8Compute(path)
        : throw new ArgumentException($"this machine has no {path} kernels");

    /// <summary>sums[m, i] = the sum of row first + i of <paramref name="weights"/> times vector m of the activations, for
    /// <paramref name="rows"/> rows; both <paramref name="first"/> and <paramref name="rows"/> are multiples of
    /// <see cref="Int8Matrix.RowStep"/>. Activations have <paramref name="stride"/> bytes a vector, with <see cref="Bias"/> added; sums
    /// have <paramref name="sumStride"/> numbers a vector.</summary>
    public void Multiply(Int8Matrix weights, int first, int rows, byte* activations, nint stride, int vectors, int* sums, nint sumStride)
    {
        int atOnce = vectors == 1 ? rows : RowsAtOnce;
        for (int row = 0; row < rows; row += atOnce)
        {
            Run(new Int8Call
            {
                Weights = weights.Block(first + row),
                BlockBytes = weights.BlockBytes,
                Rows = Math.Min(atOnce, rows - row),
                Columns = weights.PaddedColumns,
                Start = weights.Start + first + row,
                Activations = activations,
                ActivationStride = stride,
                Vectors = vectors,
                Sums = sums + row,
                SumStride = sumStride,
            });
        }
    }

    private void Run(in Int8Call call)
    {
        switch (Path)
        {
            case Int8Path.Avx512Vnni:
                Avx512VnniMachine.Kernel.Run(call);
                break;
            case Int8Path.AvxVnni:
                Int8Tiles<Int8SimdVnni, Vector256<int>>.Run(call);
                break;
            case Int8Path.Vector512:
                Int8Tiles<Int8Simd512, Vector512<int>>.Run(call);
                break;
            case Int8Path.Vector256:
                Int8Tiles<Int8Simd256, Vector256<int>>.Run(call);
                break;
            case Int8Path.Vector128:
                Int8Tiles<Int8Simd128, Vector128<int>>.Run(call);
                break;
            default:
                Int8Tiles<Int8Simd1, int>.Run(call);
                break;
        }
    }
}
