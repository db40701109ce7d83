// A segment of numbers that all processes add up. Each process has one slice of it to add: the others send it theirs, it adds them up in
// the order of ranks in float32, and sends the sum to all.

using System.Runtime.InteropServices;

namespace GruLM.Distributed;

/// <summary>One segment on its way, in whatever numbers it travels. Used again for other segments of no greater length.</summary>
internal abstract unsafe class SumSegment(MpiLink link) : IDisposable
{
    // Slices begin where vectors do.
    private const int SliceUnit = 16;

    private readonly List<nint> _gathering = [], _spreading = [];
    private byte* _staging;
    private long _room;
    private int _length, _slice;
    private bool _isAdded;

    /// <summary>Whether the sums of all slices are there.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Which process this is.</summary>
    protected int Rank => link.Rank;

    /// <summary>How many there are.</summary>
    protected int Count => link.Count;

    /// <summary>The numbers.</summary>
    protected float* Values { get; private set; }

    /// <summary>How many.</summary>
    protected int Length => _length;

    /// <summary>Bytes of a number on its way.</summary>
    protected abstract int Width { get; }

    private int Own => Size(link.Rank);

    public void Begin(float* values, int length, int tag)
    {
        Values = values;
        (_length, _isAdded, IsDone) = (length, false, false);
        _slice = (((length + link.Count - 1) / link.Count) + SliceUnit - 1) / SliceUnit * SliceUnit;
        Reserve((long)Own * link.Count * Width);
        Prepare();
        _gathering.Clear();
        _spreading.Clear();
        for (int step = 1; step < link.Count; step++)
        {
            int to = (link.Rank + step) % link.Count, from = (link.Rank - step + link.Count) % link.Count;
            if (Own > 0) _gathering.Add(link.Receive(Staged(from), Own * Width, from, tag));
            if (Size(to) > 0) _gathering.Add(link.Send(Travelling(First(to)), Size(to) * Width, to, tag));
        }
    }

    /// <summary>Looks what has come. Whether the own slice has been added up and is on its way, or there already.</summary>
    public bool Advance(int tag)
    {
        if (!_isAdded)
        {
            if (!link.TestAll(_gathering)) return false;
            if (Own > 0) AddUp(First(link.Rank), Own);
            for (int step = 1; step < link.Count; step++)
            {
                int to = (link.Rank + step) % link.Count, from = (link.Rank - step + link.Count) % link.Count;
                if (Size(from) > 0) _spreading.Add(link.Receive(Travelling(First(from)), Size(from) * Width, from, tag));
                if (Own > 0) _spreading.Add(link.Send(Travelling(First(link.Rank)), Own * Width, to, tag));
            }

            _isAdded = true;
        }

        if (!IsDone && link.TestAll(_spreading))
        {
            Complete();
            IsDone = true;
        }

        return true;
    }

    public virtual void Dispose() => NativeMemory.AlignedFree(_staging);

    /// <summary>Makes the numbers ready to travel.</summary>
    protected abstract void Prepare();

    /// <summary>Where number <paramref name="first"/> stands as it travels.</summary>
    protected abstract byte* Travelling(int first);

    /// <summary>Adds up the slice of this process, in the order of ranks, and makes the sums ready to travel.</summary>
    protected abstract void AddUp(int first, int count);

    /// <summary>All sums have come.</summary>
    protected abstract void Complete();

    /// <summary>What a process has sent of the slice of this one; the place of this process itself is free.</summary>
    protected byte* Staged(int rank) => _staging + ((long)rank * Own * Width);

    private int First(int rank) => rank * _slice;

    private int Size(int rank) => (int)Math.Clamp(_length - ((long)rank * _slice), 0, _slice);

    private void Reserve(long room)
    {
        if (room <= _room) return;
        NativeMemory.AlignedFree(_staging);
        _staging = (byte*)NativeMemory.AlignedAlloc((nuint)room, 64);
        _room = room;
    }
}
