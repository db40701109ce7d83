// Sums over all processes. The numbers are cut into segments that follow each other (SumSegment.cs), so that one is added up while the
// next is on its way. Each number crosses the wire twice, whatever the number of processes.

namespace GruLM.Distributed;

/// <summary>Adds up numbers of all processes. Used again and again for the same numbers.</summary>
internal sealed unsafe class SumTransfer : MpiTransfer
{
    // Numbers of a segment, and how many of these are on their way at once.
    private const int SegmentLength = 1 << 19;
    private const int MostUnderWay = 3;

    private readonly float* _values;
    private readonly long _length;
    private readonly SumSegment[] _window;
    private readonly int _segments;

    // Segments before _next have begun, those before _first are done.
    private int _first, _next;

    public SumTransfer(MpiLink link, float* values, long length, bool isBf16)
        : base(link)
    {
        _values = values;
        _length = length;
        _segments = (int)((length + SegmentLength - 1) / SegmentLength);
        _window = new SumSegment[Math.Min(MostUnderWay, _segments)];
        for (int i = 0; i < _window.Length; i++) _window[i] = isBf16 ? new Bf16Segment(link) : new FloatSegment(link);
    }

    public override void Begin() => (_first, _next) = (0, 0);

    public override bool Advance()
    {
        for (; _next < Math.Min(_segments, _first + _window.Length); _next++)
        {
            long start = (long)_next * SegmentLength;
            Segment(_next).Begin(_values + start, (int)Math.Min(SegmentLength, _length - start), Tag);
        }

        // Sums are sent in the order of segments, by which messages of one tag are told apart.
        for (int i = _first; i < _next; i++)
        {
            if (!Segment(i).Advance(Tag + 1)) break;
        }

        while (_first < _next && Segment(_first).IsDone) _first++;
        return _first == _segments;
    }

    public override void Dispose()
    {
        foreach (SumSegment segment in _window) segment.Dispose();
        base.Dispose();
    }

    private SumSegment Segment(int number) => _window[number % _window.Length];
}
