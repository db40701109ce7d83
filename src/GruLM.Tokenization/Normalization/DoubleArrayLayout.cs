// Lays a minimal automaton out as a double array, in the reference's order of placement, so that normalisation tables come out byte for
// byte the same. Encoders use PieceTrie, which is faster to build and to walk.
// Source: darts-clone's published layout, written from its description.
namespace GruLM.Tokenization;

/// <summary>Lays an automaton out as a double array.</summary>
internal sealed class DoubleArrayLayout(MinimalAutomaton automaton)
{
    private const int Block = 256;
    private const int OpenBlocks = 16;
    private const int Window = Block * OpenBlocks;
    private const uint Upper = 0xFFu << 21;
    private const uint Lower = 0xFF;

    private readonly List<uint> _units = [];
    private readonly Dictionary<int, uint> _placed = [];
    // Free units of the last sixteen blocks form a ring; these arrays are indexed modulo the window.
    private readonly uint[] _next = new uint[Window], _previous = new uint[Window];
    private readonly bool[] _fixed = new bool[Window], _used = new bool[Window];
    private uint _head;

    /// <summary>The units.</summary>
    public uint[] Build()
    {
        int root = automaton.Finish();
        Reserve(0);
        _used[0] = true;
        SetOffset(0, 1);
        Place(root, 0);
        int blocks = _units.Count / Block;
        for (int b = Math.Max(0, blocks - OpenBlocks); b < blocks; b++)
        {
            FixBlock(b);
        }

        return [.. _units];
    }

    private void Place(int state, uint unit)
    {
        IReadOnlyList<(byte Label, int Target)> arcs = automaton.ArcsOf(state);
        if (_placed.TryGetValue(state, out uint known))
        {
            uint relative = known ^ unit;
            if ((relative & Upper) == 0 || (relative & Lower) == 0)
            {
                if (arcs[0].Label == 0)
                {
                    _units[(int)unit] |= 1u << 8;
                }

                SetOffset(unit, relative);
                return;
            }
        }

        uint offset = FindOffset(arcs, unit);
        SetOffset(unit, unit ^ offset);
        foreach ((byte label, int target) in arcs)
        {
            uint child = offset ^ label;
            Reserve(child);
            if (label == 0)
            {
                _units[(int)unit] |= 1u << 8;
                _units[(int)child] = (uint)target | (1u << 31);
            }
            else
            {
                _units[(int)child] = (_units[(int)child] & ~0xFFu) | label;
            }
        }

        _used[offset % Window] = true;
        _placed[state] = offset;
        foreach ((byte label, int target) in arcs)
        {
            if (label != 0)
            {
                Place(target, offset ^ label);
            }
        }
    }

    private uint FindOffset(IReadOnlyList<(byte Label, int Target)> arcs, uint unit)
    {
        if (_head < _units.Count)
        {
            uint free = _head;
            do
            {
                uint offset = free ^ arcs[0].Label;
                if (Fits(arcs, unit, offset))
                {
                    return offset;
                }

                free = _next[free % Window];
            }
            while (free != _head);
        }

        return (uint)_units.Count | (unit & Lower);
    }

    private bool Fits(IReadOnlyList<(byte Label, int Target)> arcs, uint unit, uint offset)
    {
        if (_used[offset % Window])
        {
            return false;
        }

        uint relative = unit ^ offset;
        if ((relative & Lower) != 0 && (relative & Upper) != 0)
        {
            return false;
        }

        for (int i = 1; i < arcs.Count; i++)
        {
            if (_fixed[(offset ^ arcs[i].Label) % Window])
            {
                return false;
            }
        }

        return true;
    }

    private void SetOffset(uint unit, uint offset)
    {
        uint kept = _units[(int)unit] & ((1u << 31) | (1u << 8) | 0xFF);
        _units[(int)unit] = kept | (offset < 1u << 21 ? offset << 10 : (offset << 2) | (1u << 9));
    }

    private void Reserve(uint unit)
    {
        if (unit >= _units.Count)
        {
            AddBlock();
        }

        uint slot = unit % Window;
        if (unit == _head)
        {
            _head = _next[slot];
            if (_head == unit)
            {
                _head = (uint)_units.Count;
            }
        }

        _next[_previous[slot] % Window] = _next[slot];
        _previous[_next[slot] % Window] = _previous[slot];
        _fixed[slot] = true;
    }

    private void AddBlock()
    {
        uint first = (uint)_units.Count, end = first + Block;
        int blocks = (int)(first / Block);
        if (blocks + 1 > OpenBlocks)
        {
            FixBlock(blocks - OpenBlocks);
        }

        for (int i = 0; i < Block; i++)
        {
            _units.Add(0);
        }

        if (blocks + 1 > OpenBlocks)
        {
            for (uint i = first; i < end; i++)
            {
                _used[i % Window] = _fixed[i % Window] = false;
            }
        }

        for (uint i = first + 1; i < end; i++)
        {
            _next[(i - 1) % Window] = i;
            _previous[i % Window] = i - 1;
        }
        // The new units join the ring before its head; a ring without free units is made of them alone.
        uint last = end - 1;
        _previous[first % Window] = last;
        _next[last % Window] = first;
        uint tail = _previous[_head % Window];
        _previous[first % Window] = tail;
        _next[last % Window] = _head;
        _next[tail % Window] = first;
        _previous[_head % Window] = last;
    }

    private void FixBlock(int block)
    {
        uint begin = (uint)block * Block, end = begin + Block;
        uint unused = 0;
        for (uint offset = begin; offset < end; offset++)
        {
            if (!_used[offset % Window])
            {
                unused = offset;
                break;
            }
        }

        for (uint unit = begin; unit < end; unit++)
        {
            if (_fixed[unit % Window])
            {
                continue;
            }

            Reserve(unit);
            // A label that no walk can ask for there.
            _units[(int)unit] = (_units[(int)unit] & ~0xFFu) | ((unit ^ unused) & 0xFF);
        }
    }
}
