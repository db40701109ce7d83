// Compute with matrix products in bfloat16. All else, and products with matrices that are float32, is done by the float32 Compute inside:
// precision is a matter of the packed matrix, which this one makes in bfloat16.

namespace GruLM.Kernels;

/// <summary>A <see cref="Compute"/> whose packed matrices are bfloat16. Made by
/// <see cref="Compute.Create(int, KernelPath?, bool)"/>.</summary>
internal sealed unsafe class Bf16Compute : Compute
{
    private readonly Compute _float32;
    private readonly Bf16Gemm _products;

    public Bf16Compute(Compute float32, Bf16Kernel kernel)
        : base(float32.Path, float32.Team)
    {
        _float32 = float32;
        _products = new Bf16Gemm(float32.Team, kernel);
    }

    /// <inheritdoc/>
    internal override Bf16Gemm Bf16 => _products;

    /// <inheritdoc/>
    internal override int Width => _float32.Width;

    /// <inheritdoc/>
    internal override void PackRows(float* source, nint stride, int sourceColumns, int* rowOf, PackedMatrix destination)
    {
        if (destination.Bf16 is { } half) _products.PackRows(source, stride, sourceColumns, rowOf, half);
        else _float32.PackRows(source, stride, sourceColumns, rowOf, destination);
    }

    /// <inheritdoc/>
    internal override void PackTransposed(float* source, nint stride, int sourceDepth, int* columnOf, PackedMatrix destination)
    {
        if (destination.Bf16 is { } half) _products.PackTransposed(source, stride, sourceDepth, columnOf, half);
        else _float32.PackTransposed(source, stride, sourceDepth, columnOf, destination);
    }

    /// <inheritdoc/>
    internal override void Multiply(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add)
    {
        if (b.Bf16 is { } half) _products.Multiply(a, strideA, m, half, c, strideC, add);
        else _float32.Multiply(a, strideA, m, b, c, strideC, add);
    }

    /// <inheritdoc/>
    internal override void MultiplyTransposed(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add)
    {
        if (b.Bf16 is { } half) _products.MultiplyTransposed(a, strideA, m, half, c, strideC, add);
        else _float32.MultiplyTransposed(a, strideA, m, b, c, strideC, add);
    }

    /// <inheritdoc/>
    internal override void MultiplyInPlace(float* a, nint rowStride, nint columnStride, int m, int k, float* b, nint strideB, int n,
        float* c, nint strideC, bool add) =>
        _float32.MultiplyInPlace(a, rowStride, columnStride, m, k, b, strideB, n, c, strideC, add);

    /// <inheritdoc/>
    internal override void Transpose(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride) =>
        _float32.Transpose(source, stride, rows, columns, destination, destinationStride);

    /// <inheritdoc/>
    internal override void MultiplyVector(float* weights, nint stride, int rows, int columns, float* x, float* y) =>
        _float32.MultiplyVector(weights, stride, rows, columns, x, y);

    /// <inheritdoc/>
    internal override double SumOfSquares(float* source, long length) => _float32.SumOfSquares(source, length);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _products.Dispose();
            _float32.Dispose();
        }

        base.Dispose(disposing);
    }
}
