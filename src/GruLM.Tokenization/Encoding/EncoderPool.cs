// Keeps the working memory of encoding calls between them. A thread keeps what it encoded with last, so that its cache of words stays in
// its own core's caches; what that displaces goes back to the pool it came from.
using System.Collections.Concurrent;

namespace GruLM.Tokenization;

/// <summary>The working memories of one tokenizer. Safe to use from several threads.</summary>
internal sealed class EncoderPool
{
    private const int MaxKept = 64;

    private readonly ConcurrentBag<EncoderScratch> _free = [];

    // Weak, so that what a thread keeps does not keep a tokenizer's other memory.
    private readonly WeakReference<EncoderPool> _self;

    [ThreadStatic]
    private static EncoderScratch? s_mine;

    /// <summary>Creates an empty pool.</summary>
    public EncoderPool() => _self = new WeakReference<EncoderPool>(this);

    /// <summary>Takes a working memory for one call, which <paramref name="stop"/> may end early.</summary>
    public EncoderScratch Rent(CancellationToken stop)
    {
        EncoderScratch? scratch = s_mine;
        if (scratch is null || scratch.Owner != _self || scratch.InUse)
        {
            scratch = RentAnother(scratch);
        }

        scratch.InUse = true;
        scratch.Score = 0;
        scratch.Stop = stop;
        return scratch;
    }

    /// <summary>Gives back what a call has rented.</summary>
    public static void Return(EncoderScratch scratch)
    {
        scratch.Sink.Release();
        scratch.Trim();
        scratch.InUse = false;
        if (!scratch.KeptByThread)
        {
            GiveBack(scratch);
        }
    }

    private EncoderScratch RentAnother(EncoderScratch? mine)
    {
        if (!_free.TryTake(out EncoderScratch? scratch))
        {
            scratch = new EncoderScratch { Owner = _self };
        }

        if (mine is { InUse: true })
        {
            return scratch;
        }

        s_mine = scratch;
        scratch.KeptByThread = true;
        if (mine is not null)
        {
            mine.KeptByThread = false;
            GiveBack(mine);
        }

        return scratch;
    }

    private static void GiveBack(EncoderScratch scratch)
    {
        if (scratch.Owner is { } owner && owner.TryGetTarget(out EncoderPool? pool) && pool._free.Count < MaxKept)
        {
            pool._free.Add(scratch);
        }
    }
}
