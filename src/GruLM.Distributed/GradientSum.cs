// The gradients of all processes added up while the backward pass still goes on. A tensor is on its way as soon as its gradient is
// complete: the output layer's first, which is the largest, and ready when half of the work is still to be done. The embedding's gradient
// has rows for the tokens of the batch alone; where these are few, only they are sent, apart from the output layer's share even where both
// have the same weights. Which rows each process has, every process knows: all of them see the whole batch.

using System.Runtime.InteropServices;
using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>Adds up the gradients of a model over all processes. Used by the thread that trains.</summary>
internal sealed unsafe class GradientSum(GruLanguageModel model, IRankLink link, bool isBf16) : IGradientWatcher, IDisposable
{
    private readonly List<ITransfer> _underWay = [];
    private readonly int[] _rowOf = new int[model.Config.VocabSize];
    private readonly List<int>[] _ids = [.. Enumerable.Range(0, link.Count).Select(_ => new List<int>())];
    private readonly long[] _starts = new long[link.Count + 1];
    private bool _sendsRows;
    private bool _isAddingRows;
    private float* _rows;
    private long _room;
    private TokenBatch? _batch;
    private LanePlace _place;

    /// <summary>Whether gradients are on their way.</summary>
    public bool IsUnderWay => _underWay.Count > 0;

    private GruParameters Gradients => model.Gradients;

    private int E => model.Config.EmbeddingDim;

    /// <summary>Begins with the last part of a batch, of which this process has the lanes at <paramref name="place"/>.</summary>
    public void Begin(TokenBatch batch, LanePlace place)
    {
        (_batch, _place) = (batch, place);
        long rows = FindRows(batch);
        long denser = 2L * (link.Count - 1) * model.Config.VocabSize / link.Count;

        // The rows of earlier parts are in the gradient already, from where those of a tied matrix go with the output layer's.
        _sendsRows = rows < denser && (batch.Parts == 1 || model.Config.TieWeights);
    }

    /// <summary>Takes part without lanes of its own: the gradients are those of earlier parts, if any.</summary>
    public void BeginEmpty()
    {
        OutputReady();
        for (int l = model.Config.NumLayers - 1; l >= 0; l--) LayerReady(l);
        if (_sendsRows) ShareRows();
        else EmbeddingReady();
    }

    /// <inheritdoc/>
    public void OutputReady()
    {
        if (_sendsRows || !model.Config.TieWeights) Sum(Gradients.Output, (long)model.Config.VocabSize * model.Config.HiddenDim);
    }

    /// <inheritdoc/>
    public void LayerReady(int layer)
    {
        ParameterView first = Gradients.Views[1 + (4 * layer)], last = Gradients.Views[4 + (4 * layer)];
        Sum(Gradients.Pointer + first.Offset, last.Offset + last.Length - first.Offset);
        if (layer == 0 || !model.Config.LayerNorm) return;
        Sum(Gradients.NormWeight(layer), model.Config.HiddenDim);
        Sum(Gradients.NormBias(layer), model.Config.HiddenDim);
    }

    /// <inheritdoc/>
    public bool TakesRows(float* rows, int stride)
    {
        if (!_sendsRows) return false;
        List<int> ids = _ids[link.Rank];
        for (int i = 0; i < ids.Count; i++) _rowOf[ids[i]] = i;
        float* own = Reserve() + (_starts[link.Rank] / sizeof(float));
        new Span<float>(own, ids.Count * E).Clear();
        for (int t = 0; t < _batch!.Steps; t++)
        {
            for (int b = 0; b < _place.Lanes; b++, rows += stride)
            {
                float* sum = own + ((long)_rowOf[_batch.Inputs[(t * _batch.Lanes) + _place.First + b]] * E);
                for (int j = 0; j < E; j++) sum[j] += rows[j];
            }
        }

        ShareRows();
        return true;
    }

    /// <inheritdoc/>
    public void EmbeddingReady() => Sum(Gradients.Embedding, (long)model.Config.VocabSize * E);

    /// <summary>Waits until all gradients are those of the whole batch. Nothing where they are already.</summary>
    /// <exception cref="RankFailedException">Another process has failed or cannot be reached.</exception>
    public void Finish()
    {
        foreach (ITransfer transfer in _underWay) transfer.Wait();
        _underWay.Clear();
        if (!_isAddingRows) return;
        _isAddingRows = false;
        float* row = _rows;
        foreach (List<int> ids in _ids)
        {
            foreach (int id in ids)
            {
                float* sum = Gradients.Embedding + ((long)id * E);
                for (int j = 0; j < E; j++) sum[j] += row[j];
                row += E;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_rows);

    private void Sum(float* values, long length) => _underWay.Add(link.BeginSum(values, length, isBf16));

    private void ShareRows()
    {
        _underWay.Add(link.BeginShare(Reserve(), _starts));
        _isAddingRows = true;
    }

    // Which rows of the embedding each process has gradients of, in the order in which its lanes name them.
    private long FindRows(TokenBatch batch)
    {
        long rows = 0;
        for (int rank = 0; rank < link.Count; rank++)
        {
            _ids[rank].Clear();
            Array.Fill(_rowOf, -1);
            var place = LanePlace.Of(batch.Lanes, rank, link.Count);
            for (int t = 0; t < batch.Steps; t++)
            {
                foreach (int id in batch.Inputs.AsSpan((t * batch.Lanes) + place.First, place.Lanes))
                {
                    if (_rowOf[id] >= 0) continue;
                    _rowOf[id] = _ids[rank].Count;
                    _ids[rank].Add(id);
                }
            }

            _starts[rank] = rows * E * sizeof(float);
            rows += _ids[rank].Count;
        }

        _starts[link.Count] = rows * E * sizeof(float);
        return rows;
    }

    private float* Reserve()
    {
        long room = _starts[^1];
        if (room <= _room && _rows != null) return _rows;
        NativeMemory.AlignedFree(_rows);
        _rows = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(room, 1), 64);
        _room = room;
        return _rows;
    }
}
