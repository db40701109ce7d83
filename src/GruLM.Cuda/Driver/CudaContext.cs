// A card in use: its context, the one stream that everything runs on in order, and what was loaded and allocated in it. Memory is in
// CudaContext.Memory.cs, kernels and captured graphs in CudaContext.Kernels.cs.
// The context is the card's primary one, which other libraries of the process may share. Several cards, and several streams on one, are
// left out.

namespace GruLM.Cuda;

/// <summary>A card that was opened. One thread at a time uses a context and all that it made; a thread calls <see cref="Enter"/> before
/// it begins.</summary>
internal sealed unsafe partial class CudaContext : IDisposable
{
    private const uint NonBlocking = 1;

    [ThreadStatic]
    private static CudaContext? s_current;

    private readonly CudaCard _card;
    private readonly nint _context;
    private nint _stream;

    private CudaContext(CudaCard card)
    {
        _card = card;
        CudaDriver.Check(CudaDriver.RetainContext(out _context, card.Device), $"open the card {card.Name}");
        try
        {
            CudaDriver.Check(CudaDriver.SetCurrent(_context), "enter the card's context");
            s_current = this;
            CudaDriver.Check(CudaDriver.CreateStream(out _stream, NonBlocking), "make a stream");
        }
        catch (CudaException)
        {
            s_current = null;
            _ = CudaDriver.ReleaseContext(card.Device);
            throw;
        }
    }

    /// <summary>What NVIDIA calls the card.</summary>
    public string Name => _card.Name;

    /// <summary>First figure of the card's compute capability.</summary>
    public int Major => _card.Major;

    /// <summary>Second figure of the card's compute capability.</summary>
    public int Minor => _card.Minor;

    /// <summary>The card's multiprocessors.</summary>
    public int Multiprocessors => _card.Multiprocessors;

    /// <summary>The most shared memory that a block may ask for, in bytes.</summary>
    public int SharedMemoryPerBlock => _card.SharedMemoryPerBlock;

    /// <summary>The card's memory in bytes.</summary>
    public long TotalMemory => _card.TotalMemory;

    /// <summary>The stream, for what belongs to this context. Throws <see cref="ObjectDisposedException"/> once it is disposed.</summary>
    internal nint Stream => _stream != 0 ? _stream : throw new ObjectDisposedException(nameof(CudaContext));

    /// <summary>Whether <see cref="Dispose"/> was called, and with it all that this context made is gone.</summary>
    internal bool IsDisposed => _stream == 0;

    /// <summary>Opens a card, counted from 0, and enters it.</summary>
    /// <exception cref="CudaException">There is none that will do; the message says why and what to do.</exception>
    public static CudaContext Open(int ordinal = 0)
    {
        CudaCard card = CudaCard.Find(ordinal, out string reason) ?? throw new CudaException(reason);
        return new CudaContext(card);
    }

    /// <summary>Whether the first card will do; otherwise <paramref name="reason"/> is the sentence that <see cref="Open"/> would throw.
    /// </summary>
    public static bool IsAvailable(out string reason) => CudaCard.Find(0, out reason) is not null;

    /// <summary>Makes this the context of the calling thread; costs next to nothing when it is already.</summary>
    public void Enter()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (ReferenceEquals(s_current, this)) return;
        CudaDriver.Check(CudaDriver.SetCurrent(_context), "enter the card's context");
        s_current = this;
    }

    /// <summary>Waits until everything asked for so far is done. Errors of kernels appear here at the latest.</summary>
    public void Synchronize() => CudaDriver.Check(CudaDriver.Synchronize(Stream), "finish its work");

    /// <summary>Waits for the card, then frees everything that this context made. May be called again.</summary>
    public void Dispose()
    {
        if (IsDisposed) return;
        _ = CudaDriver.SetCurrent(_context);
        AbandonCapture();
        _ = CudaDriver.Synchronize(_stream);
        FreeAll();
        UnloadModules();
        _ = CudaDriver.DestroyStream(_stream);
        _stream = 0;
        s_current = null;
        _ = CudaDriver.SetCurrent(0);
        _ = CudaDriver.ReleaseContext(_card.Device);
    }
}
