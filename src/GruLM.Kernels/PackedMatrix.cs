// The right-hand matrix of a product, rearranged once so that the register tile reads it front to back:
// panels of three vectors' width, [panel][K][3·W], zero-padded at the right edge. Weights stay packed over all time steps.

namespace GruLM.Kernels;

/// <summary>A K x N matrix in panels of columns. Filled by <see cref="Compute.PackRows"/> or <see cref="Compute.PackTransposed"/>.</summary>
public sealed unsafe class PackedMatrix : IDisposable
{
    private readonly AlignedBuffer<float> data;

    /// <summary>Room for <paramref name="k"/> rows and <paramref name="n"/> columns in panels of <paramref name="panelWidth"/>.</summary>
    public PackedMatrix(int k, int n, int panelWidth)
    {
        K = k;
        N = n;
        PanelWidth = panelWidth;
        Panels = (n + panelWidth - 1) / panelWidth;
        data = new AlignedBuffer<float>((long)Panels * panelWidth * k);
    }

    /// <summary>Rows.</summary>
    public int K { get; }

    /// <summary>Columns, without the padding.</summary>
    public int N { get; }

    /// <summary>Columns in a panel.</summary>
    public int PanelWidth { get; }

    /// <summary>Number of panels.</summary>
    public int Panels { get; }

    /// <summary>First row of a panel: [K][PanelWidth].</summary>
    public float* Panel(int panel) => data.Pointer + ((long)panel * PanelWidth * K);

    /// <inheritdoc/>
    public void Dispose() => data.Dispose();
}
