// Who may be at work: so many requests at the same time, so many more that wait in the order in which they came, and the rest is refused.

namespace GruLM.Server;

/// <summary>Lets requests in. Safe for several threads.</summary>
/// <param name="most">Requests at work.</param>
/// <param name="mostWaiting">Requests that wait.</param>
internal sealed class Admission(int most, int mostWaiting) : IDisposable
{
    private readonly SemaphoreSlim _places = new(most);
    private int _inside;
    private long _refused;

    /// <summary>Requests at work or waiting.</summary>
    public int Count => Volatile.Read(ref _inside);

    /// <summary>Requests at work.</summary>
    public int Active => most - _places.CurrentCount;

    /// <summary>Requests that wait.</summary>
    public int Waiting => Math.Max(0, Count - Active);

    /// <summary>Requests that were refused.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Waits for a place, which is given back by disposing what is returned.</summary>
    /// <exception cref="ApiException">Too many wait already.</exception>
    public async Task<IDisposable> Enter(CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _inside) > most + mostWaiting)
        {
            Interlocked.Decrement(ref _inside);
            Interlocked.Increment(ref _refused);
            throw new ApiException(429, "too many requests are at work; try again in a second", null, "too_many_requests");
        }

        try
        {
            await _places.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }

        return new Place(this);
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private sealed class Place(Admission admission) : IDisposable
    {
        private Admission? _admission = admission;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _admission, null) is not { } from) return;
            Interlocked.Decrement(ref from._inside);
            from._places.Release();
        }
    }
}
