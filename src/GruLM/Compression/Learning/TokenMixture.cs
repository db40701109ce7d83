// What --learn mixes: the model's frequencies with those of the content so far, by token alone and behind the last one, two and three
// tokens. Each part is added to the sum of those before it, with a weight that learns how good it was. Whole numbers alone, so that both
// sides, and all machines, have the same. docs/compression.md defines each operation.

using System.Numerics;
using GruLM.Generation;

namespace GruLM.Compression;

/// <summary>Frequencies of tokens that adapt to what was coded. All lanes learn from each other, in the order in which their tokens are
/// coded. Not thread-safe.</summary>
internal sealed class TokenMixture
{
    private const int Orders = 3, Block = 64, LengthKinds = 17, TotalKinds = 16, SlotKinds = 4;

    private readonly TokenCounts _counts;
    private readonly ContextTable[] _tables = [.. Enumerable.Range(0, Orders).Select(_ => new ContextTable())];
    private readonly MixtureWeight[] _countWeights = [.. Enumerable.Repeat(new MixtureWeight(MixtureWeight.Whole / 16), LengthKinds)];
    private readonly MixtureWeight[] _weights =
        [.. Enumerable.Repeat(new MixtureWeight(MixtureWeight.Whole / 4), Orders * TotalKinds * SlotKinds)];

    // The last tokens of each lane, the last first; −1 where there is none.
    private readonly int[] _last = new int[LaneModel.MostLanes * Orders];

    // Of the token that is being coded: frequencies for each count by token alone, and those for each count behind each context; where its
    // weight is, −1 for a context that was not met; and the context's hash.
    private readonly ulong[] _units = new ulong[Orders], _hashes = new ulong[Orders];
    private readonly int[] _places = new int[Orders];
    private ulong _unit;
    private int _lane;
    private TokenFrequencies _model = new();

    // What contexts add to some tokens, in ascending order of these.
    private readonly int[] _tokens = new int[Orders * ContextTable.Slots];
    private readonly ulong[] _added = new ulong[Orders * ContextTable.Slots];
    private int _some;

    /// <summary>A mixture that has seen nothing.</summary>
    public TokenMixture(int vocabSize)
    {
        _counts = new TokenCounts(vocabSize);
        Begin();
    }

    /// <summary>The sum of all frequencies.</summary>
    public ulong Total { get; private set; }

    /// <summary>Begins a frame: lanes are at other places of the content.</summary>
    public void Begin() => Array.Fill(_last, -1);

    /// <summary>Forgets what the last tokens of a lane were.</summary>
    public void Forget(int lane) => _last.AsSpan(lane * Orders, Orders).Fill(-1);

    /// <summary>Mixes what the model says of a lane's next token with what the content has shown.</summary>
    public void Mix(int lane, TokenFrequencies model)
    {
        (_model, _lane, _some, _unit) = (model, lane, 0, 0);
        Total = model.Total;
        if (_counts.Total > 0)
        {
            _unit = Beside(_countWeights[CountWeight], _counts.Total);
            Total += _unit * (ulong)_counts.Total;
        }

        ulong hash = 0;
        for (int order = 0; order < Orders; order++)
        {
            _places[order] = -1;
            int last = _last[(lane * Orders) + order];
            if (last < 0)
            {
                _places.AsSpan(order).Fill(-2);
                return;
            }

            hash = Hash(hash, last);
            _hashes[order] = hash;
            if (_tables[order].TryFind(hash, out ReadOnlySpan<int> tokens, out ReadOnlySpan<int> counts)) Add(order, tokens, counts);
        }
    }

    /// <summary>The frequency of a token.</summary>
    public ulong Of(int id)
    {
        int at = Array.BinarySearch(_tokens, 0, _some, id);
        return Dense(id) + (at >= 0 ? _added[at] : 0);
    }

    /// <summary>The sum of the frequencies of all tokens before one.</summary>
    public ulong Before(int id)
    {
        ulong before = DenseBefore(id);
        for (int i = 0; i < _some && _tokens[i] < id; i++) before += _added[i];
        return before;
    }

    /// <summary>The token whose part of the total <paramref name="place"/> lies in, and the sum of those before it.</summary>
    public int Find(ulong place, out ulong before)
    {
        // Between two tokens that contexts add to all others have their frequencies alone.
        ulong added = 0;
        for (int i = 0; i < _some; i++)
        {
            before = DenseBefore(_tokens[i]) + added;
            if (place < before) break;
            if (place - before < Dense(_tokens[i]) + _added[i]) return _tokens[i];
            added += _added[i];
        }

        int id = FindDense(place - added, out before);
        before += added;
        return id;
    }

    /// <summary>Learns the token that was coded behind <see cref="Mix"/>.</summary>
    public void Learn(int id)
    {
        ulong all = _model.Of(id);
        if (_unit > 0) LearnPart(ref _countWeights[CountWeight], _unit * (ulong)_counts[id], ref all);
        for (int order = 0; order < Orders && _places[order] >= -1; order++)
        {
            if (_places[order] >= 0) LearnPart(ref _weights[_places[order]], _units[order] * Count(order, id), ref all);
            _tables[order].Add(_hashes[order], id);
        }

        _counts.Add(id);
        Span<int> last = _last.AsSpan(_lane * Orders, Orders);
        last[..^1].CopyTo(last[1..]);
        last[0] = id;
    }

    private static ulong Hash(ulong hash, int token) => (hash + (ulong)token + 1) * 0x9E3779B97F4A7C15;

    private static void LearnPart(ref MixtureWeight weight, ulong own, ref ulong all)
    {
        all += own;
        weight.Learn(own, all);
    }

    private int CountWeight => BitOperations.Log2((uint)_counts.Total);

    // For each count, so that all together have the weight's share.
    private ulong Beside(MixtureWeight weight, int counts) =>
        Math.Min(weight.Beside(Total), RangeEncoder.MostTotal - Total) / (ulong)counts;

    private void Add(int order, ReadOnlySpan<int> tokens, ReadOnlySpan<int> counts)
    {
        int total = 0, slots = 0;
        while (slots < counts.Length && counts[slots] > 0) total += counts[slots++];
        int kind = (Math.Min(total, TotalKinds) - 1) * SlotKinds;
        _places[order] = (order * TotalKinds * SlotKinds) + kind + Math.Min(slots, SlotKinds) - 1;
        _units[order] = Beside(_weights[_places[order]], total);
        Total += _units[order] * (ulong)total;
        for (int i = 0; i < slots; i++) Add(tokens[i], _units[order] * (ulong)counts[i]);
    }

    private void Add(int token, ulong frequency)
    {
        int at = Array.BinarySearch(_tokens, 0, _some, token);
        if (at < 0)
        {
            at = ~at;
            Array.Copy(_tokens, at, _tokens, at + 1, _some - at);
            Array.Copy(_added, at, _added, at + 1, _some - at);
            (_tokens[at], _added[at]) = (token, 0);
            _some++;
        }

        _added[at] += frequency;
    }

    private ulong Count(int order, int id)
    {
        _tables[order].TryFind(_hashes[order], out ReadOnlySpan<int> tokens, out ReadOnlySpan<int> counts);
        for (int i = 0; i < tokens.Length && counts[i] > 0; i++)
        {
            if (tokens[i] == id) return (ulong)counts[i];
        }

        return 0;
    }

    private ulong Dense(int id) => _model.Of(id) + (_unit * (ulong)_counts[id]);

    private ulong DenseBefore(int id) => _model.Before(id) + (_unit * (ulong)_counts.Before(id));

    private int FindDense(ulong place, out ulong before)
    {
        if (_unit == 0) return _model.Find(place, out before);
        (int low, int high) = (0, (_counts.Length + Block - 1) / Block);
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (DenseBefore(middle * Block) <= place) low = middle;
            else high = middle;
        }

        int id = low * Block;
        before = DenseBefore(id);
        for (ulong next; (next = before + Dense(id)) <= place; id++) before = next;
        return id;
    }
}
