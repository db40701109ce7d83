// Reads a precompiled normalisation table: a u32 trie size, a double array of u32 units, then NUL-terminated outputs. Every index is
// checked while walking, so a damaged table yields odd text at worst, never a fault. Building one is CharsMapBuilder's work.
// Source: the unit layout is darts-clone's, as SentencePiece model files store it.
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace GruLM.Tokenization;

/// <summary>A read-only table of normalisation rules: source bytes to replacement bytes.</summary>
internal sealed class CharsMap
{
    // The reference gathers at most this many matches, shortest first, so a longer one is never seen.
    private const int MaxMatches = 32;

    private readonly uint[] _units;
    private readonly byte[] _pool;

    private CharsMap(uint[] units, byte[] pool)
    {
        _units = units;
        _pool = pool;
    }

    /// <summary>Reads a table; null for an empty one.</summary>
    /// <exception cref="InvalidDataException">The sizes contradict each other.</exception>
    public static CharsMap? Parse(ReadOnlySpan<byte> blob)
    {
        if (blob.IsEmpty)
        {
            return null;
        }

        uint trieBytes = blob.Length > 4 ? BinaryPrimitives.ReadUInt32LittleEndian(blob) : uint.MaxValue;
        if (trieBytes >= (uint)(blob.Length - 4) && trieBytes != 0)
        {
            throw new InvalidDataException(
                $"The normalisation table is broken: it announces {trieBytes} bytes of index but holds {blob.Length} bytes in all.");
        }

        uint[] units = new uint[trieBytes / 4];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + 4 * i)..]);
        }

        return new CharsMap(units, blob[(4 + (int)trieBytes)..].ToArray());
    }

    /// <summary>
    /// The length of the longest rule that is a prefix of the text (0: none) and its replacement. <paramref name="reachedEnd"/> is true
    /// where the text ended while longer rules were still possible.
    /// </summary>
    public int LongestMatch(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement, out bool reachedEnd)
    {
        uint[] units = _units;
        replacement = default;
        reachedEnd = false;
        if (units.Length == 0)
        {
            return 0;
        }

        int best = 0, matches = 0;
        uint value = 0;
        uint pos = Offset(units[0]);
        int i = 0;
        for (; i < text.Length; i++)
        {
            if (!TryStep(units, ref pos, text[i], out bool ends))
            {
                break;
            }

            if (ends && pos < (uint)units.Length && matches < MaxMatches)
            {
                best = i + 1;
                value = units[pos] & 0x7FFFFFFF;
                matches++;
            }
        }

        reachedEnd = i == text.Length;
        if (best > 0 && value < (uint)_pool.Length)
        {
            ReadOnlySpan<byte> tail = _pool.AsSpan((int)value);
            int end = tail.IndexOf((byte)0);
            replacement = end < 0 ? tail : tail[..end];
        }

        return best;
    }

    /// <summary>True where some rule begins with these bytes.</summary>
    public bool HasPrefix(ReadOnlySpan<byte> prefix)
    {
        LongestMatch(prefix, out _, out bool reachedEnd);
        return reachedEnd && _units.Length > 0;
    }

    /// <summary>True where some rule begins with these bytes and goes on with a byte in the range.</summary>
    public bool Continues(ReadOnlySpan<byte> prefix, byte first, byte last)
    {
        Span<byte> text = stackalloc byte[prefix.Length + 1];
        prefix.CopyTo(text);
        for (int b = first; b <= last; b++)
        {
            text[^1] = (byte)b;
            if (b != 0 && HasPrefix(text))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Calls back for every character up to U+FFFF that follows these bytes in a rule; false where one ends inside a
    /// character.</summary>
    public bool TryVisitNext(ReadOnlySpan<byte> prefix, Action<int> next)
    {
        uint begin = _units.Length == 0 ? 0 : Offset(_units[0]);
        foreach (byte b in prefix)
        {
            if (!TryStep(_units, ref begin, b, out _)) return true;
        }

        for (int lead = 1; lead < 0xF0; lead++)
        {
            uint afterLead = begin;
            if (!TryStep(_units, ref afterLead, (byte)lead, out bool ends)) continue;
            if (lead < 0x80) next(lead);
            else if (ends || !TryVisitTrails(afterLead, lead, next)) return false;
        }

        return true;
    }

    // The characters of two and three bytes with this lead byte.
    private bool TryVisitTrails(uint afterLead, int lead, Action<int> next)
    {
        for (int second = 0x80; second < 0xC0; second++)
        {
            uint afterSecond = afterLead;
            if (!TryStep(_units, ref afterSecond, (byte)second, out bool ends)) continue;
            if (lead < 0xE0)
            {
                next(((lead & 0x1F) << 6) | (second & 0x3F));
                continue;
            }

            if (ends) return false;
            for (int third = 0x80; third < 0xC0; third++)
            {
                uint afterThird = afterSecond;
                if (!TryStep(_units, ref afterThird, (byte)third, out _)) continue;
                next(((lead & 0x0F) << 12) | ((second & 0x3F) << 6) | (third & 0x3F));
            }
        }

        return true;
    }

    /// <summary>Calls back for every rule, in bytewise order of its source. Damaged tables end early.</summary>
    public void ForEach(Action<byte[], byte[]> rule, int maxDepth = 64)
    {
        if (_units.Length == 0)
        {
            return;
        }

        var path = new List<byte>();
        int budget = 1 << 20;
        Visit(Offset(_units[0]), path, rule, maxDepth, ref budget);
    }

    private void Visit(uint pos, List<byte> path, Action<byte[], byte[]> rule, int maxDepth, ref int budget)
    {
        for (int b = 1; b < 256 && budget > 0; b++)
        {
            uint child = pos ^ (uint)b;
            if (child >= (uint)_units.Length || (_units[child] & 0x800000FF) != (uint)b)
            {
                continue;
            }

            budget--;
            path.Add((byte)b);
            uint next = child ^ Offset(_units[child]);
            byte[] source = [.. path];
            if ((_units[child] & 0x100) != 0 && LongestMatch(source, out ReadOnlySpan<byte> to, out _) == source.Length)
            {
                rule(source, to.ToArray());
            }

            if (path.Count < maxDepth)
            {
                Visit(next, path, rule, maxDepth, ref budget);
            }

            path.RemoveAt(path.Count - 1);
        }
    }

    // Goes on with a byte; false where no rule does. Label 0 belongs to values, so a NUL in a text matches nothing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryStep(uint[] units, ref uint pos, byte b, out bool ends)
    {
        ends = false;
        uint child = pos ^ b;
        if (b == 0 || child >= (uint)units.Length) return false;
        uint unit = units[child];
        if ((unit & 0x800000FF) != b) return false;
        pos = child ^ Offset(unit);
        ends = (unit & 0x100) != 0;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
