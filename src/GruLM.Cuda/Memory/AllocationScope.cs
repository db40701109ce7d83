// Memory of something that is made in several steps, of which a later one may fail: what was allocated until then is freed, so that nothing
// is left behind on a card that goes on being used. Scopes may lie in each other.

namespace GruLM.Cuda;

/// <summary>Frees all that a context allocates until <see cref="Dispose"/>, unless <see cref="Keep"/> is called before.</summary>
internal sealed class AllocationScope : IDisposable
{
    private readonly CudaContext _context;
    private readonly int _first;
    private bool _kept;

    /// <summary>From here on.</summary>
    public AllocationScope(CudaContext context)
    {
        _context = context;
        _first = context.BeginScope();
    }

    /// <summary>Everything has gone well.</summary>
    public void Keep() => _kept = true;

    /// <inheritdoc/>
    public void Dispose() => _context.EndScope(_first, _kept);
}
