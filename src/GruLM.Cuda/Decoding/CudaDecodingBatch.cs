// Many texts written by a model on a card at once: each step reads a token of every text and draws the next ones there, so that the
// weights are read once for all. The layers are those of evaluation, over one step.

using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>States on a card that are advanced together. Not thread-safe.</summary>
internal sealed class CudaDecodingBatch : IDisposable
{
    private readonly Card _card;
    private readonly CardParameters _parameters;
    private readonly CardWorkspace _workspace;
    private readonly CardProducts _products;
    private readonly CardEmbedding _embedding;
    private readonly CardLayers _layers;
    private readonly CardStates _states;
    private readonly Recordings _recordings;
    private readonly CudaKernel _sample;
    private readonly HostBuffer<StepNumbers> _hostNumbers;
    private readonly DeviceBuffer<StepNumbers> _numbers;
    private readonly HostBuffer<int> _ids;
    private readonly CardBatch _batch;
    private readonly (uint Key0, uint Key1) _key;
    private readonly float _temperature;
    private ulong _step;
    private bool _fresh = true;

    /// <summary>So many texts from zero states, over parameters that stay the caller's; a <paramref name="temperature"/> of 0 takes the
    /// likeliest token.</summary>
    public CudaDecodingBatch(Card card, CardParameters parameters, int sessions, double temperature, ulong seed)
    {
        (_card, _parameters, Sessions) = (card, parameters, sessions);
        card.Context.Enter();
        using var scope = new AllocationScope(card.Context);
        int lanes = Card.PadLanes(sessions);
        _products = new CardProducts(card);
        _embedding = new CardEmbedding(card, parameters);
        _layers = new CardLayers(card, parameters, _products);
        _recordings = new Recordings(card.Context);
        _states = new CardStates(card, parameters.Config);
        _states.Prepare(sessions, _recordings);
        _workspace = new CardWorkspace(card, parameters.Config, new Regularisation(), lanes, lanes, training: false);
        _sample = card.Kernel("decode", "sample", hasPrecision: false);
        _hostNumbers = card.Context.AllocateHost<StepNumbers>(1);
        _numbers = card.Context.Allocate<StepNumbers>(1);
        _ids = card.Context.AllocateHost<int>(sessions);
        _batch = new CardBatch(_workspace, Steps: 1, sessions);
        _key = new Philox(seed, RandomPurpose.Sampling).Key;
        _temperature = temperature > 0 ? (float)(1 / temperature) : 0;
        scope.Keep();
    }

    /// <summary>Texts.</summary>
    public int Sessions { get; }

    /// <summary>Reads a token of every text, or those that the last step chose where <paramref name="ids"/> is empty, and chooses the next
    /// ones. Valid until the next call.</summary>
    /// <exception cref="ArgumentException">There are not as many as texts, or one is outside the vocabulary.</exception>
    public ReadOnlySpan<int> Step(ReadOnlySpan<int> ids)
    {
        _card.Context.Enter();
        if (_fresh || !ids.IsEmpty) Stage(ids);
        _hostNumbers.Span[0] = new StepNumbers { Step = _step++ };
        _recordings.Run(new RecordedShape(1, Sessions, 0, Training: false), Advance);
        _card.Context.Synchronize();
        return _ids.Span;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _recordings.Dispose();
        _workspace.Dispose();
        _states.Dispose();
        _products.Dispose();
        _hostNumbers.Dispose();
        _numbers.Dispose();
        _ids.Dispose();
    }

    private void Stage(ReadOnlySpan<int> ids)
    {
        if (ids.Length != Sessions)
        {
            throw new ArgumentException($"there are {Sessions} texts, and {ids.Length} tokens were given", nameof(ids));
        }

        var batch = new TokenBatch(1, Sessions) { StartsFresh = _fresh };
        ids.CopyTo(batch.Inputs);
        batch.CheckIds(_parameters.Config.VocabSize);
        _batch.Stage(batch, allFresh: false, segments: null);
        _card.Context.UploadAsync(_workspace.Integers, _workspace.HostIntegers, _batch.Length(training: false));
        _fresh = false;
    }

    private void Advance()
    {
        CardWorkspace w = _workspace;
        DevicePointer numbers = _numbers.At(0);
        _card.Context.UploadAsync(_numbers, _hostNumbers, 1);
        _card.Context.Clear(w.Done, 0, w.Done.Length);
        _embedding.Forward(_batch, CardDropout.None, numbers);
        _layers.Forward(_batch, _states, CardDropout.None, numbers, training: false);

        // From the second step on no state is fresh.
        _card.Context.Clear(w.Integers, 2L * _batch.Tokens, _batch.Lanes);
        PlaneRows top = _layers.Outputs(_batch, CardDropout.None, numbers);
        for (int first = 0; first < Sessions; first += w.ChunkRows)
        {
            int rows = Math.Min(w.ChunkRows, Sessions - first);
            _products.Multiply(
                ProductKind.RowsByRows, top.At(first), _parameters.Output, rows, _parameters.Config.VocabSize, _parameters.PaddedHidden,
                new ProductTarget(w.Logits.At(0), w.LogitRow));
            Sample(first, rows, numbers);
        }

        _card.Context.DownloadAsync(w.Integers, _ids, Sessions);
    }

    private void Sample(int first, int rows, DevicePointer numbers)
    {
        var arguments = new SampleArguments
        {
            Scores = _workspace.Logits.At(0),
            Ids = _workspace.Integers.At(first),
            Numbers = numbers,
            Key0 = _key.Key0,
            Key1 = _key.Key1 + (uint)first,
            InverseTemperature = _temperature,
            Vocabulary = _parameters.Config.VocabSize,
            Row = _workspace.LogitRow,
        };
        _card.Context.Launch(_sample, new Grid(rows), 256, 64 * sizeof(float), arguments);
    }
}
