// Turns on what only one caller at a time may use. First come, first served: with a plain lock the thread that has just let go of it may
// take it again and again, while the others wait.

namespace GruLM;

/// <summary>Hands out turns in the order in which they were asked for. Safe for several threads; a turn must not be asked for inside
/// another one of the same thread.</summary>
internal sealed class Turns
{
    private readonly object _gate = new();

    // Turns are numbered: the number of the next one to be asked for, and of the one at work or next to begin.
    private long _asked;
    private long _begun;
    private bool _ended;

    /// <summary>Waits for a turn, which lasts until it is disposed. Throws <see cref="ObjectDisposedException"/> in the name of
    /// <paramref name="owner"/> after <see cref="End"/>.</summary>
    public Turn Take(object owner) => TryTake(out Turn turn) ? turn : throw new ObjectDisposedException(owner.GetType().Name);

    /// <summary>Waits for a turn; false after <see cref="End"/>, when there is nobody left to wait for.</summary>
    public bool TryTake(out Turn turn)
    {
        lock (_gate)
        {
            Wait();
            turn = new Turn(this);
            if (!_ended) return true;
            Next();
            return false;
        }
    }

    /// <summary>Waits for the turns that were asked for before, and gives out no more. False when that has been done already.</summary>
    public bool End()
    {
        lock (_gate)
        {
            Wait();
            bool first = !_ended;
            _ended = true;
            Next();
            return first;
        }
    }

    private void Wait()
    {
        long mine = _asked++;
        while (mine != _begun) Monitor.Wait(_gate);
    }

    private void Next()
    {
        _begun++;
        if (_begun != _asked) Monitor.PulseAll(_gate);
    }

    private void Pass()
    {
        lock (_gate) Next();
    }

    /// <summary>A turn; disposing it lets the next one begin.</summary>
    public readonly struct Turn(Turns turns) : IDisposable
    {
        public void Dispose() => turns.Pass();
    }
}
