// The states behind beginnings that many prompts share, such as what a system says, or a talk that is sent whole each time. A state has a
// fixed size, so a budget in bytes is a number of beginnings; the one that was used longest ago goes first.

namespace GruLM;

/// <summary>Keeps states of one model, up to <paramref name="bytes"/> bytes. Safe for several threads.</summary>
internal sealed class PrefixStates(long bytes)
{
    // What a state takes besides its numbers.
    private const int Overhead = 300;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, LinkedListNode<(UInt128 Key, WriterState State)>> _byKey = [];
    private readonly LinkedList<(UInt128 Key, WriterState State)> _byUse = [];

    /// <summary>Bytes that are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many beginnings were found, of those that were looked for.</summary>
    public long Found { get; private set; }

    /// <summary>The number of parts of the longest beginning that is kept, but never all of them, and the state behind it.</summary>
    public (int Parts, WriterState? State) Longest(IReadOnlyList<UInt128> keys)
    {
        lock (_gate)
        {
            for (int i = keys.Count - 1; i-- > 0;)
            {
                if (!_byKey.TryGetValue(keys[i], out LinkedListNode<(UInt128 Key, WriterState State)>? node)) continue;
                _byUse.Remove(node);
                _byUse.AddLast(node);
                Found++;
                return (i + 1, node.Value.State);
            }
        }

        return (0, null);
    }

    /// <summary>Keeps a state.</summary>
    public void Keep(UInt128 key, WriterState state)
    {
        if (SizeOf(state) > bytes) return;
        lock (_gate)
        {
            if (_byKey.ContainsKey(key)) return;
            _byKey[key] = _byUse.AddLast((key, state));
            Bytes += SizeOf(state);
            while (Bytes > bytes)
            {
                (UInt128 oldest, WriterState gone) = _byUse.First!.Value;
                _byUse.RemoveFirst();
                _byKey.Remove(oldest);
                Bytes -= SizeOf(gone);
            }
        }
    }

    private static long SizeOf(WriterState state) =>
        Overhead + ((state.State.LongLength + state.Recent.Length) * sizeof(float)) + (state.Constrained?.Given.Length ?? 0);
}
