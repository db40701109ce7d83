// Something on its way over MPI. The thread that talks to MPI moves it on; the thread that began it waits for it.

namespace GruLM.Distributed;

/// <summary>A transfer that takes several messages. All but <see cref="Wait"/> belongs to the thread that talks to MPI.</summary>
internal abstract class MpiTransfer(MpiLink link) : ITransfer, IDisposable
{
    // Its waiter blocks rather than spins: the processor may be the one that the other thread needs.
    private readonly ManualResetEventSlim _done = new(initialState: false, spinCount: 0);

    protected MpiLink Link { get; } = link;

    /// <summary>Which transfer of all it is, which names its messages: twice this, and one more.</summary>
    protected int Tag { get; private set; }

    /// <summary>Starts anew as transfer number <paramref name="number"/>.</summary>
    public void Reset(long number)
    {
        Tag = MpiLink.FirstTag + (int)(number % MpiLink.MostTags * 2);
        _done.Reset();
    }

    /// <summary>Sends what can be sent, and asks for what is to be received.</summary>
    public abstract void Begin();

    /// <summary>Looks at what has come; true when all has.</summary>
    public abstract bool Advance();

    /// <summary>Lets the waiter go.</summary>
    public void End() => _done.Set();

    /// <inheritdoc/>
    public void Wait(bool atEase = false) => Link.Wait(_done, atEase);

    /// <inheritdoc/>
    public virtual void Dispose() => _done.Dispose();
}
