// Compute with matrix products in bfloat16. All else, and products with matrices that are float32, is done by the float32 Compute inside:
// precision is a matter of the packed matrix, which this one makes in bfloat16.

namespace GruLM.Kernels;

/// <summary>A <see cref="Compute"/> whose packed matrices are bfloat16. Made by <see cref="Compute.Create(int, KernelPath?, bool)"/>.</summary>
internal sealed unsafe class Bf16Compute : Compute
{
    private readonly Compute float32;
    private readonly AmxGemm products;

    public Bf16Compute(Compute float32, AmxKernel kernel)
        : base(float32.Path, float32.Team)
    {
        this.float32 = float32;
        products = new AmxGemm(float32.Team, kernel);
    }

    /// <inheritdoc/>
    public override AmxGemm Bf16 => products;

    /// <inheritdoc/>
    public override int Width => float32.Width;

    /// <inheritdoc/>
    public override void PackRows(float* source, nint stride, int sourceColumns, int* rowOf, PackedMatrix destination)
    {
        if (destination.Bf16 is { } half) products.PackRows(source, stride, sourceColumns, rowOf, half);
        else float32.PackRows(source, stride, sourceColumns, rowOf, destination);
    }

    /// <inheritdoc/>
    public override void PackTransposed(float* source, nint stride, int sourceDepth, int* columnOf, PackedMatrix destination)
    {
        if (destination.Bf16 is { } half) products.PackTransposed(source, stride, sourceDepth, columnOf, half);
        else float32.PackTransposed(source, stride, sourceDepth, columnOf, destination);
    }

    /// <inheritdoc/>
    public override void Multiply(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add)
    {
        if (b.Bf16 is { } half) products.Multiply(a, strideA, m, half, c, strideC, add);
        else float32.Multiply(a, strideA, m, b, c, strideC, add);
    }

    /// <inheritdoc/>
    public override void MultiplyTransposed(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add)
    {
        if (b.Bf16 is { } half) products.MultiplyTransposed(a, strideA, m, half, c, strideC, add);
        else float32.MultiplyTransposed(a, strideA, m, b, c, strideC, add);
    }

    /// <inheritdoc/>
    public override void MultiplyInPlace(float* a, nint rowStride, nint columnStride, int m, int k, float* b, nint strideB, int n, float* c, nint strideC, bool add) =>
        float32.MultiplyInPlace(a, rowStride, columnStride, m, k, b, strideB, n, c, strideC, add);

    /// <inheritdoc/>
    public override void Transpose(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride) =>
        float32.Transpose(source, stride, rows, columns, destination, destinationStride);

    /// <inheritdoc/>
    public override void MultiplyVector(float* weights, nint stride, int rows, int columns, float* x, float* y) =>
        float32.MultiplyVector(weights, stride, rows, columns, x, y);

    /// <inheritdoc/>
    public override double SumOfSquares(float* source, long length) => float32.SumOfSquares(source, length);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            products.Dispose();
            float32.Dispose();
        }

        base.Dispose(disposing);
    }
}
