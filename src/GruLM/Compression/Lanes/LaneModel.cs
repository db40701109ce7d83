// The model behind a compressed file: as many texts side by side as there are lanes, in int8, whose bits are the same on every machine.
// All lanes of a frame begin where the last lane of the frame before has ended.

using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Compression;

/// <summary>Lanes over a decoder, which is disposed with this; the compute stays the caller's. Not thread-safe.</summary>
internal sealed class LaneModel : IDisposable
{
    /// <summary>The largest number of lanes.</summary>
    public const int MostLanes = 64;

    private readonly Int8Decoder _decoder;
    private readonly Compute _compute;
    private readonly IDecodingSession[] _lanes, _working = new IDecodingSession[MostLanes];
    private readonly TokenFrequencies[] _frequencies;
    private readonly float[] _scores;
    private readonly int[] _read = new int[MostLanes];
    private readonly (int Opening, int LineEnd) _ids;
    private float[] _begin;

    /// <summary>Texts that begin with token <paramref name="opening"/>. Behind <paramref name="lineEnd"/> a text begins anew; −1: it never
    /// does.</summary>
    public LaneModel(Int8Decoder decoder, Compute compute, int opening, int lineEnd)
    {
        (_decoder, _compute, _ids) = (decoder, compute, (opening, lineEnd));
        _lanes = [.. Enumerable.Range(0, MostLanes).Select(_ => decoder.CreateSession())];
        _frequencies = [.. Enumerable.Range(0, MostLanes).Select(_ => new TokenFrequencies(compute.Path))];
        _scores = new float[MostLanes * decoder.Config.VocabSize];
        _lanes[0].Read(opening);
        _begin = _lanes[0].SaveState();
    }

    /// <summary>Begins a frame.</summary>
    public void Begin(int lanes)
    {
        for (int i = 0; i < lanes; i++) _lanes[i].RestoreState(_begin);
    }

    /// <summary>Ends a frame.</summary>
    public void End(int lanes) => _begin = _lanes[lanes - 1].SaveState();

    /// <summary>Computes what comes next in some lanes.</summary>
    public void Score(ReadOnlySpan<int> lanes)
    {
        Collect(lanes);
        _decoder.Logits(_working.AsSpan(0, lanes.Length), _scores);
        var job = new WeighJob { Model = this };
        _compute.Team.Run(ref job, lanes.Length);
    }

    /// <summary>What comes next in the lane that stood at <paramref name="place"/> of those that were scored.</summary>
    public TokenFrequencies Next(int place) => _frequencies[place];

    /// <summary>Each of some lanes reads a token of its own.</summary>
    public void Read(ReadOnlySpan<int> lanes, ReadOnlySpan<int> ids)
    {
        Collect(lanes);
        for (int i = 0; i < lanes.Length; i++)
        {
            _read[i] = ids[i];
            if (ids[i] != _ids.LineEnd) continue;
            _working[i].Reset();
            _read[i] = _ids.Opening;
        }

        _decoder.Read(_working.AsSpan(0, lanes.Length), _read.AsSpan(0, lanes.Length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDecodingSession lane in _lanes) lane.Dispose();
        _decoder.Dispose();
    }

    private void Collect(ReadOnlySpan<int> lanes)
    {
        for (int i = 0; i < lanes.Length; i++) _working[i] = _lanes[lanes[i]];
    }

    private void Weigh(int place)
    {
        int vocab = _decoder.Config.VocabSize;
        _frequencies[place].Set(_scores.AsSpan(place * vocab, vocab));
    }

    private struct WeighJob : IParallelJob
    {
        public LaneModel Model;

        public readonly void Execute(int item, int thread) => Model.Weigh(item);
    }
}
