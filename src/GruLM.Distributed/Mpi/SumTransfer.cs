// Sums over all processes, in two steps for each segment of the numbers: every process gets from all others the slice that it is to add
// up, adds it up in the order of ranks, and sends the sum to all. Each number crosses the wire twice, whatever the number of processes.
// Segments follow each other, so that one is added up while the next is on its way.

using System.Numerics;
using System.Runtime.InteropServices;

namespace GruLM.Distributed;

/// <summary>Adds up numbers of all processes. Used again and again for the same numbers.</summary>
internal sealed unsafe class SumTransfer : MpiTransfer
{
    // Numbers of a segment, and how many of these are on their way at once.
    private const int SegmentLength = 1 << 19;
    private const int MostUnderWay = 3;

    // Slices begin where vectors do.
    private const int SliceUnit = 16;

    private readonly float* _values;
    private readonly long _length;
    private readonly Segment[] _window = new Segment[MostUnderWay];
    private readonly int _segments;

    // Segments before _next have begun, those before _first are done.
    private int _first, _next;

    public SumTransfer(MpiLink link, float* values, long length)
        : base(link)
    {
        _values = values;
        _length = length;
        _segments = (int)((length + SegmentLength - 1) / SegmentLength);
        for (int i = 0; i < Math.Min(MostUnderWay, _segments); i++) _window[i] = new Segment(link);
    }

    public override void Begin() => (_first, _next) = (0, 0);

    public override bool Advance()
    {
        while (_next < Math.Min(_segments, _first + MostUnderWay))
        {
            long start = (long)_next * SegmentLength;
            _window[_next++ % MostUnderWay].Begin(_values + start, (int)Math.Min(SegmentLength, _length - start), Tag);
        }

        // Sums are sent in the order of segments, by which messages of one tag are told apart.
        for (int i = _first; i < _next; i++)
        {
            if (!_window[i % MostUnderWay].Advance(Tag + 1)) break;
        }

        while (_first < _next && _window[_first % MostUnderWay].IsDone) _first++;
        return _first == _segments;
    }

    public override void Dispose()
    {
        foreach (Segment? segment in _window) segment?.Dispose();
        base.Dispose();
    }

    private sealed class Segment(MpiLink link) : IDisposable
    {
        private readonly List<nint> _gathering = [], _spreading = [];
        private float* _staging;
        private long _room;
        private float* _values;
        private int _length, _slice;
        private bool _isAdded;

        public bool IsDone { get; private set; }

        private int Own => Size(link.Rank);

        public void Begin(float* values, int length, int tag)
        {
            _values = values;
            (_length, _isAdded, IsDone) = (length, false, false);
            _slice = (((length + link.Count - 1) / link.Count) + SliceUnit - 1) / SliceUnit * SliceUnit;
            Reserve((long)Own * link.Count);
            _gathering.Clear();
            _spreading.Clear();
            for (int step = 1; step < link.Count; step++)
            {
                int to = (link.Rank + step) % link.Count, from = (link.Rank - step + link.Count) % link.Count;
                if (Own > 0) _gathering.Add(link.Receive(_staging + ((long)from * Own), Own * sizeof(float), from, tag));
                if (Size(to) > 0) _gathering.Add(link.Send(Slice(to), Size(to) * sizeof(float), to, tag));
            }
        }

        // Whether the sums have been added up and are on their way, or there already.
        public bool Advance(int tag)
        {
            if (!_isAdded)
            {
                if (!link.TestAll(_gathering)) return false;
                AddUp();
                for (int step = 1; step < link.Count; step++)
                {
                    int to = (link.Rank + step) % link.Count, from = (link.Rank - step + link.Count) % link.Count;
                    if (Size(from) > 0) _spreading.Add(link.Receive(Slice(from), Size(from) * sizeof(float), from, tag));
                    if (Own > 0) _spreading.Add(link.Send(Slice(link.Rank), Own * sizeof(float), to, tag));
                }

                _isAdded = true;
            }

            IsDone = IsDone || link.TestAll(_spreading);
            return true;
        }

        public void Dispose() => NativeMemory.AlignedFree(_staging);

        private float* Slice(int rank) => _values + ((long)rank * _slice);

        private int Size(int rank) => (int)Math.Clamp(_length - ((long)rank * _slice), 0, _slice);

        // The room of this process in the staging area is free for partial sums: its own numbers must last until their turn.
        private void AddUp()
        {
            float* own = Slice(link.Rank), partial = _staging + ((long)link.Rank * Own), sum = Of(0);
            for (int r = 1; r < link.Count; r++)
            {
                float* target = r == link.Count - 1 ? own : partial;
                Add(sum, Of(r), target, Own);
                sum = target;
            }

            float* Of(int rank) => rank == link.Rank ? own : _staging + ((long)rank * Own);
        }

        private static void Add(float* a, float* b, float* sum, int count)
        {
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count) (Vector.Load(a + i) + Vector.Load(b + i)).Store(sum + i);
            for (; i < count; i++) sum[i] = a[i] + b[i];
        }

        private void Reserve(long room)
        {
            if (room <= _room) return;
            NativeMemory.AlignedFree(_staging);
            _staging = (float*)NativeMemory.AlignedAlloc((nuint)(room * sizeof(float)), 64);
            _room = room;
        }
    }
}
