// A captured sequence of launches, copies and clears with the arguments they had, which the driver starts in one call.

namespace GruLM.Cuda;

/// <summary>A captured graph; <see cref="CudaContext.EndCapture"/> makes it. The buffers it uses must live as long as it does.</summary>
internal sealed class CudaGraph : IDisposable
{
    private readonly CudaContext _context;
    private nint _executable;

    internal CudaGraph(CudaContext context, nint executable)
    {
        _context = context;
        _executable = executable;
    }

    /// <summary>Does all that was captured, asynchronously on the context's stream.</summary>
    public void Launch()
    {
        ObjectDisposedException.ThrowIf(_executable == 0, this);
        CudaDriver.Check(CudaDriver.LaunchGraph(_executable, _context.Stream), "launch a graph");
    }

    /// <summary>Frees the graph; a launch under way still ends. May be called again, and after the context is gone.</summary>
    public void Dispose()
    {
        if (_executable != 0) _context.DestroyGraph(_executable);
        _executable = 0;
    }
}
