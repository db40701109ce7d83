// The model on an NVIDIA card: parameters, gradients, the optimizer's state and activations stay in the card's memory; a batch goes there
// and its loss comes back. It is the same model as GruLanguageModel, with the same starting values, dropout and checkpoints. What is done
// to a batch of one shape is recorded at its second time, and from then on asked for in one call.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>A stacked-GRU language model on a card, with forward, backward and update. Not thread-safe.</summary>
internal sealed class CudaGruModel : ITrainableModel
{
    private readonly Card _card;
    private readonly ModelOptions _options;
    private readonly CardParameters _parameters;
    private readonly CardProducts _products;
    private readonly CardEmbedding _embedding;
    private readonly CardLayers _layers;
    private readonly CardOutput _output;
    private readonly CardDropout _dropout;
    private readonly CardSquares _squares;
    private readonly EmbeddingSegments _segments;
    private readonly CudaKernel _maskGradients;
    private readonly CardAverage _average;
    private readonly HostBuffer<StepNumbers> _hostNumbers, _hostUpdate;
    private readonly DeviceBuffer<StepNumbers> _numbers, _update;
    private readonly List<CardStates> _trainingStates = [];
    private readonly CardStates _evaluationState;
    private readonly Recordings _recordings;
    private CardWorkspace? _workspace;
    private DeviceBuffer<float>? _gradients;
    private CardOptimizer? _optimizer;
    private PlanesFor _planes;
    private long _maskedFor = -1;
    private bool _gradientsAreUnmasked;
    private DeviceBuffer<double>? _norm;
    private bool _disposed;

    /// <summary>A model over <paramref name="parameters"/>, which it owns unless it throws; the card stays the caller's.</summary>
    public CudaGruModel(Card card, GruParameters parameters, ModelOptions options)
    {
        options.Validate();
        (_card, _options) = (card, options);
        card.Context.Enter();
        using var scope = new AllocationScope(card.Context);
        _parameters = new CardParameters(card, parameters, owns: true);
        _parameters.Upload();
        _products = new CardProducts(card);
        _embedding = new CardEmbedding(card, _parameters);
        _layers = new CardLayers(card, _parameters, _products);
        _output = new CardOutput(card, _parameters, _products);
        _dropout = CardDropout.Of(Config, options);
        _squares = new CardSquares(card);
        _segments = new EmbeddingSegments(Config.VocabSize);
        _average = new CardAverage(card, _parameters, options.Optimizer.AverageDecay);
        _maskGradients = card.Kernel("update", "mask_gradients", hasPrecision: false);
        (_hostNumbers, _hostUpdate) = (card.Context.AllocateHost<StepNumbers>(1), card.Context.AllocateHost<StepNumbers>(1));
        (_numbers, _update) = (card.Context.Allocate<StepNumbers>(1), card.Context.Allocate<StepNumbers>(1));
        _evaluationState = new CardStates(card, Config);
        _recordings = new Recordings(card.Context);
        scope.Keep();
    }

    // For what the planes of the weights were made.
    private enum PlanesFor
    {
        Nothing,
        Everything,

        /// <summary>Training with some recurrent weights at zero: for nothing else.</summary>
        Masked,
    }

    /// <inheritdoc/>
    public GruConfig Config => _parameters.Config;

    /// <inheritdoc/>
    public GruParameters Parameters
    {
        get
        {
            Enter();
            return _parameters.OnHost();
        }
    }

    private DeviceBuffer<float> Gradients => _gradients ??= _card.Context.Allocate<float>(_parameters.Values.Length);

    private CardOptimizer Optimizer => _optimizer ??= CardOptimizer.Create(_card, _parameters, Gradients, _options.Optimizer);

    private Regularisation Regularisation => _options.Regularisation;

    /// <summary>Tells the model that <see cref="Parameters"/> hold new values.</summary>
    public void ParametersChanged()
    {
        Enter();
        _parameters.TakeOver();
        _planes = PlanesFor.Nothing;
    }

    /// <summary>The gradients added up since the last update, in a new set of this machine's memory.</summary>
    internal unsafe GruParameters CopyGradients()
    {
        Enter();
        MaskGradients();
        var copy = new GruParameters(Config);
        _card.Context.Download(Gradients, 0, copy.Pointer, copy.Length);
        return copy;
    }

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, long counted, long step)
    {
        Enter();
        batch.CheckIds(Config.VocabSize);
        CardBatch on = Reserve(batch, training: true);
        CardStates states = TrainingState(batch.Part);
        on.Stage(batch, states.Prepare(batch.Lanes, _recordings), _segments);
        double perNumber = 1 / ((double)Math.Max(counted, 1) * Config.HiddenDim);
        _hostNumbers.Span[0] = new StepNumbers
        {
            Step = (ulong)step,
            Update = (ulong)Optimizer.Steps,
            InverseCounted = 1f / Math.Max(counted, 1),
            ActivationPenalty = (float)(Regularisation.ActivationPenalty * perNumber),
            SlownessPenalty = (float)(Regularisation.SlownessPenalty * perNumber),
        };
        DeviceBuffer<float> gradients = Gradients;
        _card.Context.UploadAsync(_numbers, _hostNumbers, 1);
        MakePlanes(masked: Regularisation.RecurrentDropout > 0);
        _recordings.Run(new RecordedShape(batch.Steps, batch.Lanes, batch.Part, Training: true), () => Train(on, states, gradients));
        _gradientsAreUnmasked |= Regularisation.RecurrentDropout > 0;
        return ReadSums();
    }

    /// <inheritdoc/>
    public double GradientNorm()
    {
        Enter();
        MaskGradients();
        DeviceBuffer<double> sum = _norm ??= _card.Context.Allocate<double>(1);
        _squares.Add(Gradients.At(0), Gradients.Length, sum.At(0));
        Span<double> squares = stackalloc double[1];
        _card.Context.Download(sum, 0, squares);
        return Math.Sqrt(squares[0]);
    }

    /// <inheritdoc/>
    public void Update(double learningRate, double gradientScale)
    {
        Enter();
        MaskGradients();

        // The numbers of the update before may still be on their way.
        _card.Context.Synchronize();
        ref StepNumbers numbers = ref _hostUpdate.Span[0];
        numbers = new StepNumbers { GradientScale = (float)gradientScale };
        _average.Begin();
        Optimizer.Begin(learningRate, ref numbers);
        numbers.AverageShare = _average.Share(Optimizer.Steps);
        _card.Context.UploadAsync(_update, _hostUpdate, 1);
        Optimizer.Apply(_update.At(0));
        _average.Add(_update.At(0));
        Changed();
        if (Regularisation.RecurrentDropout == 0) MakePlanes(masked: false);
    }

    /// <inheritdoc/>
    public void SwapAverage()
    {
        Enter();
        if (_average.Swap()) Changed();
    }

    /// <inheritdoc/>
    public void DiscardGradients()
    {
        Enter();
        _card.Context.Clear(Gradients, 0, Gradients.Length);
        _gradientsAreUnmasked = false;
    }

    /// <inheritdoc/>
    public LossSums Evaluate(TokenBatch batch) => Score(batch, default);

    /// <inheritdoc/>
    public LossSums Score(TokenBatch batch, Span<float> logProbs)
    {
        Enter();
        batch.CheckIds(Config.VocabSize);
        batch.CheckRoom(logProbs);
        CardBatch on = Reserve(batch, training: false);
        on.Stage(batch, _evaluationState.Prepare(batch.Lanes, _recordings), segments: null);
        MakePlanes(masked: false);
        _recordings.Run(new RecordedShape(batch.Steps, batch.Lanes, 0, Training: false), () => Read(on));
        LossSums sums = ReadSums();
        if (!logProbs.IsEmpty) ReadLogProbs(on, logProbs);
        return sums;
    }

    /// <inheritdoc/>
    public void Save(string folder)
    {
        Enter();
        ModelFile.Save(folder, _parameters.OnHost(), _options.Samples);
    }

    /// <inheritdoc/>
    public void SaveTrainingState(string path)
    {
        Enter();
        using Optimizer optimizer = _options.Optimizer.Create(Config);
        Optimizer.CopyTo(optimizer);
        using ParameterAverage? average = _average.ToHost();
        LaneStates[] states = [.. Enumerable.Range(0, Math.Max(1, _trainingStates.Count)).Select(part => TrainingState(part).ToHost())];
        TrainingStateFile.Write(path, optimizer, average, states);
        foreach (LaneStates state in states) state.Dispose();
    }

    /// <inheritdoc/>
    public void LoadTrainingState(string path)
    {
        Enter();
        using var file = TrainingStateFile.Open(path);
        using Optimizer optimizer = _options.Optimizer.Create(Config);
        file.Read(optimizer);
        Optimizer.CopyFrom(optimizer);
        _average.Read(file);
        for (int part = 0; part == 0 || file.HasState(part); part++)
        {
            using var state = new LaneStates(Config.NumLayers, FusedGruLayer.Padded(Config.HiddenDim));
            file.Read(part, state);
            TrainingState(part).FromHost(state, _recordings);
        }

        // Masks of recurrent weights follow the number of updates.
        _maskedFor = -1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _recordings.Dispose();
        _workspace?.Dispose();
        foreach (CardStates state in _trainingStates) state.Dispose();
        _evaluationState.Dispose();
        _optimizer?.Dispose();
        _average.Dispose();
        _gradients?.Dispose();
        _norm?.Dispose();
        _squares.Dispose();
        _products.Dispose();
        _numbers.Dispose();
        _update.Dispose();
        _hostNumbers.Dispose();
        _hostUpdate.Dispose();
        _parameters.Dispose();
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _card.Context.Enter();
    }

    private void Train(CardBatch on, CardStates states, DeviceBuffer<float> gradients)
    {
        CardWorkspace w = on.Workspace;
        DevicePointer numbers = _numbers.At(0);
        _card.Context.UploadAsync(w.Integers, w.HostIntegers, on.Length(training: true));
        _card.Context.Clear(w.Done, 0, w.Done.Length);
        _embedding.Forward(on, _dropout, numbers);
        _layers.Forward(on, states, _dropout, numbers, training: true);
        _output.Run(on, _layers.Outputs(on, _dropout, numbers), numbers, gradients);
        _card.Context.DownloadAsync(w.Sums, w.HostSums, 3);
        bool hasPenalties = Regularisation.ActivationPenalty > 0 || Regularisation.SlownessPenalty > 0;
        _output.BackwardTop(on, _layers.LastOutputs(on), _dropout.Outputs, hasPenalties, numbers);
        _layers.Backward(on, _dropout, numbers, gradients);
        _embedding.Backward(on, _dropout, numbers, gradients);
    }

    private void Read(CardBatch on)
    {
        CardWorkspace w = on.Workspace;
        DevicePointer numbers = _numbers.At(0);
        _card.Context.UploadAsync(w.Integers, w.HostIntegers, on.Length(training: false));
        _card.Context.Clear(w.Done, 0, w.Done.Length);
        _embedding.Forward(on, CardDropout.None, numbers);
        _layers.Forward(on, _evaluationState, CardDropout.None, numbers, training: false);
        _output.Run(on, _layers.Outputs(on, CardDropout.None, numbers), numbers, gradients: null);
        _card.Context.DownloadAsync(w.Sums, w.HostSums, 3);
    }

    private LossSums ReadSums()
    {
        _card.Context.Synchronize();
        Span<double> sums = _workspace!.HostSums.Span;
        return new LossSums(sums[0], (long)sums[1], (long)sums[2]);
    }

    private void ReadLogProbs(CardBatch on, Span<float> logProbs)
    {
        float[] nll = new float[on.Tokens];
        _card.Context.Download(on.Workspace.Nll, 0, nll);
        for (int t = 0; t < on.Steps; t++)
        {
            for (int b = 0; b < on.RealLanes; b++) logProbs[(t * on.RealLanes) + b] = -nll[(t * on.Lanes) + b];
        }
    }

    private void MakePlanes(bool masked)
    {
        bool fresh = masked ? _planes == PlanesFor.Masked && _maskedFor == Optimizer.Steps : _planes == PlanesFor.Everything;
        if (fresh) return;
        _parameters.MakePlanes(masked ? _dropout.Recurrent : CardDropout.None.Recurrent, _numbers.At(0));
        _planes = masked ? PlanesFor.Masked : PlanesFor.Everything;
        if (masked) _maskedFor = Optimizer.Steps;
    }

    // Once for all parts of a batch: they shared the mask.
    private void MaskGradients()
    {
        if (!_gradientsAreUnmasked) return;
        for (int l = 0; l < Config.NumLayers; l++)
        {
            var arguments = new MaskGradientArguments
            {
                Gradients = _parameters.In(Gradients, ParameterRole.RecurrentWeights, l),
                Numbers = _numbers.At(0),
                Mask = _dropout.RecurrentOf(l, Regularisation.RecurrentDropout),
                Length = _parameters.View(ParameterRole.RecurrentWeights, l).Length,
            };
            _card.ForEach(_maskGradients, arguments.Length, arguments);
        }

        _gradientsAreUnmasked = false;
    }

    private void Changed()
    {
        _parameters.Changed();
        _planes = PlanesFor.Nothing;
    }

    private CardStates TrainingState(int part)
    {
        while (_trainingStates.Count <= part) _trainingStates.Add(new CardStates(_card, Config));
        return _trainingStates[part];
    }

    private CardBatch Reserve(TokenBatch batch, bool training)
    {
        int lanes = Card.PadLanes(batch.Lanes), tokens = checked(batch.Steps * lanes);
        if (_workspace is null || !_workspace.Fits(tokens, lanes, training))
        {
            (int oldTokens, int oldLanes, bool oldTraining) = _workspace is { } w ? (w.Tokens, w.Lanes, w.Training) : (0, 0, false);
            _recordings.Forget();
            _workspace?.Dispose();
            _workspace = null;
            _workspace = new CardWorkspace(
                _card, Config, Regularisation, Math.Max(tokens, oldTokens), Math.Max(lanes, oldLanes), training || oldTraining);
        }

        return new CardBatch(_workspace, batch.Steps, batch.Lanes);
    }
}
