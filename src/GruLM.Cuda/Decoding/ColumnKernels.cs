// The kernels of columns.cu.

namespace GruLM.Cuda;

/// <summary>What reads many texts, or tokens, at once; loaded together.</summary>
internal sealed class ColumnKernels(Card card)
{
    private const string Module = "columns";

    /// <summary>Brings tokens' embeddings to columns.</summary>
    public CudaKernel Embed { get; } = card.Kernel(Module, "embed_columns", hasPrecision: false);

    /// <summary>Brings texts' numbers to columns.</summary>
    public CudaKernel Gather { get; } = card.Kernel(Module, "gather_columns", hasPrecision: false);

    /// <summary>Brings them back.</summary>
    public CudaKernel Return { get; } = card.Kernel(Module, "return_columns", hasPrecision: false);

    /// <summary>Normalises columns.</summary>
    public CudaKernel Normalise { get; } = card.Kernel(Module, "normalise_columns", hasPrecision: false);

    /// <summary>A matrix times columns.</summary>
    public CudaKernel Multiply { get; } = card.Kernel(Module, "multiply");

    /// <summary>A layer's step of many columns.</summary>
    public CudaKernel Step { get; } = card.Kernel(Module, "step");

    /// <summary>A layer's step of one column.</summary>
    public CudaKernel StepAlone { get; } = card.Kernel(Module, "step_alone");
}
