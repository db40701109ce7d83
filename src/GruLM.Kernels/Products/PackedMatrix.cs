// The right-hand matrix of a product, rearranged once so that the register tile reads it front to back:
// panels of three vectors' width, [panel][K][3·W], zero-padded at the right edge. Weights stay packed over all time steps.

namespace GruLM.Kernels;

/// <summary>A K x N matrix in panels of columns. Filled by <see cref="Compute.PackRows"/> or
/// <see cref="Compute.PackTransposed"/>.</summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private AlignedBuffer<float> _data = new(0);

    /// <summary>Room for <paramref name="k"/> rows and <paramref name="n"/> columns in panels of <paramref name="panelWidth"/>; as
    /// <paramref name="bf16"/> the matrix is in <see cref="Bf16"/> and has no floats.</summary>
    public PackedMatrix(int k, int n, int panelWidth, bool bf16 = false)
    {
        PanelWidth = bf16 ? Bf16Kernel.PanelWidth : panelWidth;
        if (bf16) Bf16 = new Bf16Panels(k, n);
        Reshape(k, n);
    }

    /// <summary>The matrix as bfloat16, null when it is float32.</summary>
    public Bf16Panels? Bf16 { get; }

    /// <summary>Rows.</summary>
    public int K { get; private set; }

    /// <summary>Columns, without the padding.</summary>
    public int N { get; private set; }

    /// <summary>Columns in a panel.</summary>
    public int PanelWidth { get; }

    /// <summary>Number of panels.</summary>
    public int Panels { get; private set; }

    /// <summary>First row of a panel: [K][PanelWidth].</summary>
    public float* Panel(int panel) => _data.Pointer + ((long)panel * PanelWidth * K);

    /// <summary>Changes the size; memory grows when needed and never shrinks. The contents are undefined until packed again.</summary>
    public void Reshape(int k, int n)
    {
        (K, N) = (k, n);
        Panels = (n + PanelWidth - 1) / PanelWidth;
        Bf16?.Reshape(k, n);
        long length = Bf16 != null ? 0 : (long)Panels * PanelWidth * k;
        if (length <= _data.Length) return;
        _data.Dispose();
        _data = new AlignedBuffer<float>(length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        Bf16?.Dispose();
    }
}
