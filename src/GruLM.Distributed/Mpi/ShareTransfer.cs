// Parts of bytes on their way from each process to all others, or to the first.

namespace GruLM.Distributed;

/// <summary>Brings parts to everyone. Used again and again.</summary>
internal sealed unsafe class ShareTransfer(MpiLink link) : MpiTransfer(link)
{
    // One message carries no more, since MPI counts in 32 bits.
    private const int LargestMessage = 1 << 30;

    private readonly List<nint> _requests = [];
    private byte* _all;
    private long[] _starts = [];
    private bool _toFirst;

    /// <summary>What to bring, and whether to the first process alone.</summary>
    public void Set(void* all, ReadOnlySpan<long> starts, bool toFirst)
    {
        _all = (byte*)all;
        _starts = starts.ToArray();
        _toFirst = toFirst;
    }

    public override void Begin()
    {
        _requests.Clear();
        for (int step = 1; step < Link.Count; step++)
        {
            // Everyone begins with another process.
            int to = (Link.Rank + step) % Link.Count, from = (Link.Rank - step + Link.Count) % Link.Count;
            if (!_toFirst || Link.Rank == 0) Add(from, isSending: false, partner: from);
            if (!_toFirst || to == 0) Add(Link.Rank, isSending: true, partner: to);
        }
    }

    public override bool Advance() => Link.TestAll(_requests);

    private void Add(int part, bool isSending, int partner)
    {
        for (long at = _starts[part]; at < _starts[part + 1]; at += LargestMessage)
        {
            int count = (int)Math.Min(LargestMessage, _starts[part + 1] - at);
            _requests.Add(isSending ? Link.Send(_all + at, count, partner, Tag) : Link.Receive(_all + at, count, partner, Tag));
        }
    }
}
