// A kernel as the driver knows it, and over how many blocks it is launched. CudaContext loads and launches it, and unloads it with itself.

namespace GruLM.Cuda;

/// <summary>A loaded kernel; <see cref="CudaContext.Kernel"/> makes it.</summary>
internal sealed class CudaKernel
{
    // What every kernel may use without having asked for it.
    private const int UnaskedSharedBytes = 48 << 10;
    private const int MaxDynamicSharedSizeBytes = 8;
    private int _allowedSharedBytes = UnaskedSharedBytes;

    internal CudaKernel(string name, nint function)
    {
        Name = name;
        Function = function;
    }

    /// <summary>Its name in the module.</summary>
    public string Name { get; }

    /// <summary>The driver's handle.</summary>
    internal nint Function { get; }

    /// <summary>Asks the driver for so much dynamic shared memory a block, unless as much was asked for before.</summary>
    internal void Allow(int sharedBytes)
    {
        if (sharedBytes <= _allowedSharedBytes) return;
        int result = CudaDriver.SetFunctionAttribute(Function, MaxDynamicSharedSizeBytes, sharedBytes);
        if (result != 0) throw CudaDriver.Failure(result, $"give {Name} {sharedBytes} bytes of shared memory");
        _allowedSharedBytes = sharedBytes;
    }
}

/// <summary>How many blocks a kernel is launched over.</summary>
internal readonly record struct Grid(int X, int Y = 1, int Z = 1);
