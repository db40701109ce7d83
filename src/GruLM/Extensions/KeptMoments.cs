// Where conversations stood, by an id that tells nothing: the last so many of them. Each is a state of fixed size, so memory is bounded.

namespace GruLM;

/// <summary>Keeps moments of conversations, <paramref name="most"/> at most. Safe for several threads.</summary>
internal sealed class KeptMoments(int most)
{
    private readonly Lock _gate = new();

    // The one that was used longest ago is the first of the list.
    private readonly Dictionary<string, LinkedListNode<(string Id, WriterState State)>> _byId = [];
    private readonly LinkedList<(string Id, WriterState State)> _byUse = [];

    /// <summary>Keeps a moment under an id that none has yet.</summary>
    public void Keep(string id, WriterState state)
    {
        lock (_gate)
        {
            _byId[id] = _byUse.AddLast((id, state));
            if (_byId.Count > most)
            {
                _byId.Remove(_byUse.First!.Value.Id);
                _byUse.RemoveFirst();
            }
        }
    }

    /// <summary>The moment of an id; null where it is not known, or not any more.</summary>
    public WriterState? Find(string id)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out LinkedListNode<(string Id, WriterState State)>? node)) return null;
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value.State;
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _byId.Clear();
            _byUse.Clear();
        }
    }
}
