// Products of bytes are the sums that plain loops give, on every path, for every shape of tile and for the largest numbers.

using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

public unsafe class Int8ProductTests
{
    public static TheoryData<Int8Path> Paths => [.. Int8Choice.Available];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_plain_sums(Int8Path path)
    {
        var products = Int8Compute.Create(path);
        var random = new Random(5);
        foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (16, 8), (48, 200), (130, 33), (176, 516), (21, 1024), (1056, 520)])
        {
            float[] weights = [.. Enumerable.Range(0, rows * columns).Select(_ => Byte(random) / 127f)];
            foreach (int vectors in (int[])[1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 64])
            {
                sbyte[] x = [.. Enumerable.Range(0, vectors * columns).Select(_ => Byte(random))];
                CheckProduct(products, weights, rows, columns, x, vectors);
            }
        }
    }

    [Fact]
    public void Weights_of_one_size_at_the_edges_do_not_overflow()
    {
        foreach (Int8Path path in Int8Choice.Available)
        {
            const int Columns = 16384;
            float[] weights = [.. Enumerable.Repeat(-1f, 16 * Columns)];
            sbyte[] x = [.. Enumerable.Repeat((sbyte)-127, Columns)];
            CheckProduct(Int8Compute.Create(path), weights, 16, Columns, x, 1);
        }
    }

    [Fact]
    public void The_fastest_path_is_taken_unless_another_is_asked_for()
    {
        Assert.Equal(Int8Choice.Available[^1], Int8Choice.Beside(KernelChoice.Available[^1]));
        Assert.Equal(Int8Path.Scalar, Int8Choice.Beside(KernelPath.Scalar));
        Assert.Throws<ArgumentException>(() => Int8Compute.Create((Int8Path)99));
    }

    // Often the largest there is.
    private static sbyte Byte(Random random) => (sbyte)(random.Next(2) == 0 ? 127 : random.Next(-127, 128));

    private static void CheckProduct(Int8Compute products, float[] weights, int rows, int columns, sbyte[] x, int vectors)
    {
        using Int8Matrix matrix = Pack(products, weights, rows, columns);
        int stride = matrix.PaddedColumns + 24;
        using var activations = new AlignedBuffer<byte>((long)vectors * stride);
        for (int i = 0; i < x.Length; i++) activations.Pointer[(i / columns * stride) + (i % columns)] = (byte)(x[i] + products.Bias);
        using var sums = new AlignedBuffer<int>((long)vectors * matrix.PaddedRows);
        products.Multiply(matrix, 0, matrix.PaddedRows, activations.Pointer, stride, vectors, sums.Pointer, matrix.PaddedRows);
        sbyte[] row = new sbyte[columns];
        for (int i = 0; i < rows; i++)
        {
            Int8Rounding.Row(weights.AsSpan(i * columns, columns), row);
            for (int m = 0; m < vectors; m++)
            {
                int sum = 0;
                for (int k = 0; k < columns; k++) sum += row[k] * x[(m * columns) + k];
                Assert.Equal(sum, sums.Pointer[(m * matrix.PaddedRows) + i]);
            }
        }
    }

    private static Int8Matrix Pack(Int8Compute products, float[] weights, int rows, int columns)
    {
        fixed (float* source = weights) return new Int8Matrix(products, source, columns, columns, [.. Enumerable.Range(0, rows)]);
    }
}
