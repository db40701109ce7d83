// The quintic Newton–Schulz iteration of Muon: X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X, five times from X = M / |M|, takes every singular value
// of M near one and leaves its singular vectors (Keller Jordan 2024; the coefficients are his). The products are those of Compute, over the
// shorter side of M.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Makes matrices of up to a given size nearly orthogonal, in memory of its own.</summary>
internal sealed unsafe class NewtonSchulz : IDisposable
{
    public const int Iterations = 5;
    public const float A = 3.4445f;
    public const float B = -4.7750f;
    public const float C = 2.0315f;

    // A matrix of zeros stays one.
    private const double Epsilon = 1e-7;
    private readonly AlignedBuffer<float> _current;
    private readonly AlignedBuffer<float> _next;
    private readonly AlignedBuffer<float> _gram;
    private readonly AlignedBuffer<float> _square;
    private readonly PackedMatrix _packed;

    /// <summary>Room for matrices of so many rows and columns.</summary>
    public NewtonSchulz(Compute compute, int rows, int columns)
    {
        long shorter = Math.Min(rows, columns);
        _current = new AlignedBuffer<float>((long)rows * columns);
        _next = new AlignedBuffer<float>((long)rows * columns);
        _gram = new AlignedBuffer<float>(shorter * shorter);
        _square = new AlignedBuffer<float>(shorter * shorter);
        _packed = compute.NewPacked(0, 0);
    }

    /// <summary>Puts in the place of <paramref name="matrix"/> [rows, columns] the nearly orthogonal one, times √max(1, rows /
    /// columns).</summary>
    public void Apply(Compute compute, float* matrix, int rows, int columns)
    {
        int length = checked(rows * columns), side = Math.Min(rows, columns);
        double norm = Math.Sqrt(compute.SumOfSquares(matrix, length));
        Scale(compute, matrix, (float)(1 / (norm + Epsilon)), _current.Pointer, length);
        float* x = _current.Pointer;
        for (int i = 0; i < Iterations; i++)
        {
            float* y = x == _current.Pointer ? _next.Pointer : _current.Pointer;
            if (rows <= columns)
            {
                // (a I + b G + c G²) X with G = X Xᵀ.
                _packed.Reshape(columns, rows);
                compute.PackTransposed(x, columns, columns, null, _packed);
                compute.Multiply(x, columns, rows, _packed, _gram.Pointer, rows, add: false);
                Polynomial(compute, side);
                _packed.Reshape(rows, columns);
                compute.PackRows(x, columns, columns, null, _packed);
                compute.Multiply(_gram.Pointer, rows, rows, _packed, y, columns, add: false);
            }
            else
            {
                // X (a I + b G + c G²) with G = Xᵀ X.
                _packed.Reshape(rows, columns);
                compute.PackRows(x, columns, columns, null, _packed);
                compute.MultiplyTransposed(x, columns, columns, _packed, _gram.Pointer, columns, add: false);
                Polynomial(compute, side);
                _packed.Reshape(columns, columns);
                compute.PackRows(_gram.Pointer, columns, columns, null, _packed);
                compute.Multiply(x, columns, rows, _packed, y, columns, add: false);
            }

            x = y;
        }

        Scale(compute, x, (float)Math.Sqrt(Math.Max(1, rows / (double)columns)), matrix, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _current.Dispose();
        _next.Dispose();
        _gram.Dispose();
        _square.Dispose();
        _packed.Dispose();
    }

    // G becomes a I + b G + c G².
    private void Polynomial(Compute compute, int side)
    {
        _packed.Reshape(side, side);
        compute.PackRows(_gram.Pointer, side, side, null, _packed);
        compute.Multiply(_gram.Pointer, side, side, _packed, _square.Pointer, side, add: false);
        Combine(compute, _gram.Pointer, B, _square.Pointer, C, _gram.Pointer, side * side);
        for (int i = 0; i < side * side; i += side + 1) _gram.Pointer[i] += A;
    }

    private static void Scale(Compute compute, float* x, float factor, float* y, int length) =>
        Combine(compute, x, factor, null, 0, y, length);

    // y = a x + b z, or a x where there is no z.
    private static void Combine(Compute compute, float* x, float a, float* z, float b, float* y, int length)
    {
        var job = new CombineJob { X = x, FactorX = a, Z = z, FactorZ = b, Y = y, Length = length };
        KernelDispatch.Run(compute, job, (length + CombineJob.Block - 1) / CombineJob.Block);
    }

    private struct CombineJob : ISimdJob
    {
        public const int Block = 1 << 14;
        public float* X, Z, Y;
        public float FactorX, FactorZ;
        public int Length;

        public readonly void Execute<S, V>(int item, int thread)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            int i = item * Block, end = Math.Min(Length, i + Block);
            V a = S.Splat(FactorX), b = S.Splat(FactorZ);
            for (; i + S.Width <= end; i += S.Width)
            {
                V y = S.Multiply(S.Load(X + i), a);
                S.Store(Y + i, Z == null ? y : S.Add(S.Multiply(S.Load(Z + i), b), y));
            }

            for (; i < end; i++) Y[i] = Z == null ? X[i] * FactorX : (Z[i] * FactorZ) + (X[i] * FactorX);
        }
    }
}
