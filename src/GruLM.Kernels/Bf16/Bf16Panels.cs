// The right-hand matrix of a bfloat16 product, in the order in which AMX tiles and vectors of pairs hold it: panels of 48 columns,
// [panel][K'/2][48][2] with pairs of consecutive k side by side, K' being K rounded up to 32, zero beyond K and N.
// PackedMatrix's panels have the same 48 columns on the 512-bit path, so a layout made for those (r, z and n of 16 units) holds here.

namespace GruLM.Kernels;

/// <summary>A K x N matrix of bfloat16 in panels of <see cref="Bf16Kernel.PanelWidth"/> columns. Filled by
/// <see cref="Bf16Gemm.PackRows"/> or <see cref="Bf16Gemm.PackTransposed"/>.</summary>
internal sealed unsafe class Bf16Panels : IDisposable
{
    private AlignedBuffer<ushort> _data = new(0);

    /// <summary>Room for <paramref name="k"/> rows and <paramref name="n"/> columns.</summary>
    public Bf16Panels(int k, int n) => Reshape(k, n);

    /// <summary>Rows, without the padding.</summary>
    public int K { get; private set; }

    /// <summary>Columns, without the padding.</summary>
    public int N { get; private set; }

    /// <summary>Rows with the padding: a multiple of <see cref="Bf16Kernel.DepthStep"/>.</summary>
    public int Depth { get; private set; }

    /// <summary>Number of panels.</summary>
    public int Panels { get; private set; }

    /// <summary>First pair of a panel: [Depth / 2][48][2]. Row k (even) begins 48·k elements further on.</summary>
    public ushort* Panel(int panel) => _data.Pointer + ((long)panel * Bf16Kernel.PanelWidth * Depth);

    /// <summary>Changes the size; memory grows when needed and never shrinks. The contents are undefined until packed again.</summary>
    public void Reshape(int k, int n)
    {
        (K, N, Depth) = (k, n, Padded(k));
        Panels = (n + Bf16Kernel.PanelWidth - 1) / Bf16Kernel.PanelWidth;
        long length = (long)Panels * Bf16Kernel.PanelWidth * Depth;
        if (length <= _data.Length) return;
        _data.Dispose();
        _data = new AlignedBuffer<ushort>(length);
    }

    /// <inheritdoc/>
    public void Dispose() => _data.Dispose();

    /// <summary><paramref name="k"/> rounded up to a whole number of steps.</summary>
    internal static int Padded(int k) => (k + Bf16Kernel.DepthStep - 1) / Bf16Kernel.DepthStep * Bf16Kernel.DepthStep;
}
