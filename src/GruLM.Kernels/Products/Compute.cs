// What a model computes with: a thread team and one kernel path. The operations are declared here once;
// VectorCompute<S, V> implements them for every vector width. Results do not depend on the number of threads:
// each output element is summed by one thread in one order.

namespace GruLM.Kernels;

/// <summary>What models compute with: threads, and kernels for this machine. Not thread-safe: it is used by one model, or by any number of
/// decoding sessions, which take turns where several threads decode. Dispose it after all that uses it, and not while anything
/// computes: what needs it afterwards throws <see cref="ObjectDisposedException"/>.</summary>
public abstract unsafe class Compute : IDisposable
{
    private AlignedBuffer<float> _scratch = new(0);

    private protected Compute(KernelPath path, ThreadTeam team)
    {
        Path = path;
        Team = team;
    }

    /// <summary>The kernel path in use.</summary>
    public KernelPath Path { get; }

    /// <summary>Number of threads that compute, the caller's included.</summary>
    public int Threads => Team.Count;

    /// <summary>Whether matrices are multiplied in bfloat16; else all is float32.</summary>
    public bool UsesBf16 => Bf16 is not null;

    /// <summary>The threads in use. Owned: disposed with this object.</summary>
    internal ThreadTeam Team { get; }

    /// <summary>What multiplies matrices in bfloat16; null when all is float32.</summary>
    internal virtual Bf16Gemm? Bf16 => null;

    /// <summary>Floats in a vector of this path.</summary>
    internal abstract int Width { get; }

    /// <summary>Columns in a panel of a packed matrix: three vectors.</summary>
    internal int PanelWidth => 3 * Width;

    /// <summary>Kernels for <paramref name="path"/> (default: <see cref="KernelChoice.Default"/>) on <paramref name="threads"/> threads (0:
    /// one per processor). As <paramref name="bf16"/> matrices are multiplied in bfloat16 where <see cref="Bf16Machine"/> has that, else in
    /// float32 as without: <see cref="UsesBf16"/> tells. Throws <see cref="ArgumentException"/> when this machine lacks the path, and
    /// <see cref="ArgumentOutOfRangeException"/> for less than 0 or more than 1024 threads.</summary>
    public static Compute Create(int threads = 0, KernelPath? path = null, bool bf16 = false) =>
        Create(threads, path, bf16 && Bf16Machine.IsAvailable ? Bf16Machine.Kernel : null);

    /// <summary>Kernels for this machine in <paramref name="precision"/>, as <see cref="KernelChoice"/> understands it.
    /// Throws <see cref="ArgumentException"/> when the path that is forced by <see cref="KernelChoice.Variable"/> is not there, and
    /// <see cref="ArgumentOutOfRangeException"/> for less than 0 or more than 1024 threads.</summary>
    public static Compute Create(int threads, Precision precision) => Create(threads, null, KernelChoice.UsesBf16(precision));

    internal static Compute Create(int threads, KernelPath? path, Bf16Kernel? kernel)
    {
        Compute float32 = CreateFloat32(threads, path);
        return kernel is { } bf16 ? new Bf16Compute(float32, bf16) : float32;
    }

    private static Compute CreateFloat32(int threads, KernelPath? path)
    {
        KernelPath chosen = path ?? KernelChoice.Default();
        if (!KernelChoice.Available.Contains(chosen)) throw new ArgumentException($"this machine has no {chosen} kernels");
        return KernelDispatch.Run<Factory, Compute>(chosen, new Factory(chosen, new ThreadTeam(threads)));
    }

    /// <summary>An empty packed matrix for this path, of bfloat16 where that is in use.</summary>
    internal PackedMatrix NewPacked(int k, int n) => new(k, n, PanelWidth, Bf16 != null);

    /// <summary>Packs B with B[p, j] = source[rowOf[p]·stride + j] for the columns the source has (<paramref name="sourceColumns"/>), zero
    /// beyond them and where rowOf is negative. <paramref name="rowOf"/> may be null: row p.</summary>
    internal abstract void PackRows(float* source, nint stride, int sourceColumns, int* rowOf, PackedMatrix destination);

    /// <summary>Packs B with B[p, j] = source[columnOf[j]·stride + p] for the rows p that the source has (<paramref name="sourceDepth"/>),
    /// zero beyond them and where columnOf is negative. <paramref name="columnOf"/> may be null: column j.</summary>
    internal abstract void PackTransposed(float* source, nint stride, int sourceDepth, int* columnOf, PackedMatrix destination);

    /// <summary>C[m, N] = A[m, K] · B, or C += when <paramref name="add"/>.</summary>
    internal abstract void Multiply(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add);

    /// <summary>C[m, N] = Aᵀ · B, or C += when <paramref name="add"/>, with A [K, m] row-major.</summary>
    internal abstract void MultiplyTransposed(float* a, nint strideA, int m, PackedMatrix b, float* c, nint strideC, bool add);

    /// <summary>C[m, n] = A[m, k] · B[k, n], or C += when <paramref name="add"/>, with both read where they lie, in float32: for so few
    /// rows or columns that packing would cost more than it brings. A's element (i, p) is a[i·rowStride + p·columnStride], B has rows of
    /// <paramref name="strideB"/> floats. Up to <see cref="Width"/> − 1 floats after a row of B are read, and must be readable after the
    /// last.</summary>
    internal abstract void MultiplyInPlace(float* a, nint rowStride, nint columnStride, int m, int k, float* b, nint strideB, int n,
        float* c, nint strideC, bool add);

    /// <summary>destination[j·destinationStride + i] = source[i·stride + j] for i below <paramref name="rows"/> and j below
    /// <paramref name="columns"/>.</summary>
    internal abstract void Transpose(float* source, nint stride, int rows, int columns, float* destination, nint destinationStride);

    /// <summary>y[rows] = W[rows, columns] · x, for reading weights once: one token of decoding.</summary>
    internal abstract void MultiplyVector(float* weights, nint stride, int rows, int columns, float* x, float* y);

    /// <summary>The sum of squares of a buffer: in single precision inside chunks of fixed size, in double precision over them.</summary>
    internal abstract double SumOfSquares(float* source, long length);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the team and the scratch memory.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        _scratch.Dispose();
        Team.Dispose();
    }

    /// <summary>Memory that the next call may overwrite.</summary>
    private protected float* Scratch(long length)
    {
        if (_scratch.Length < length)
        {
            _scratch.Dispose();
            _scratch = new AlignedBuffer<float>(length);
        }

        return _scratch.Pointer;
    }

    private readonly struct Factory(KernelPath path, ThreadTeam team) : ISimdWork<Compute>
    {
        public Compute Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged => new VectorCompute<S, V>(path, team);
    }
}
