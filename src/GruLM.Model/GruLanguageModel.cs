// The model as it is trained and evaluated: embedding, fused GRU layers, output layer with loss, on one thread team.
// Everything a step needs is allocated once for the largest batch seen. docs/model.md gives the equations and tensor names.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>A stacked-GRU language model with forward, backward and update. Not thread-safe: one thread at a time, which must not dispose
/// it while another computes with it. After <see cref="Dispose"/> every method throws <see cref="ObjectDisposedException"/>.</summary>
public sealed unsafe class GruLanguageModel : ITrainableModel
{
    private readonly Compute _compute;
    private readonly EmbeddedTokens _embedded;
    private readonly LayerStack _layers;
    private readonly SoftmaxLoss _output;
    private readonly Philox _dropoutRandom;
    private readonly RecurrentDropout _recurrentDropout;
    private readonly ModelOptions _options;
    private readonly List<LaneStates> _trainingStates = [];
    private readonly LaneStates _evaluationState;
    private Workspace? _workspace;
    private GruParameters? _gradients;
    private Optimizer? _optimizer;
    private ParameterAverage? _average;
    private PackedFor _packed;
    private long _maskedFor;
    private bool _gradientsAreUnmasked;
    private bool _disposed;

    /// <summary>A model over <paramref name="parameters"/>, which it owns from now on; <paramref name="compute"/> stays the caller's.
    /// <paramref name="optimizer"/> is AdamW where nothing is said, <paramref name="seed"/> that of dropout. Throws
    /// <see cref="ArgumentException"/> for options that make no sense.</summary>
    public GruLanguageModel(GruParameters parameters, Compute compute, OptimizerOptions? optimizer = null, ulong seed = 0)
        : this(parameters, compute, ModelOptions.Of(optimizer, seed))
    {
    }

    /// <summary>A model over <paramref name="parameters"/>, which it owns from now on; <paramref name="compute"/> stays the caller's.
    /// Throws <see cref="ArgumentException"/> for options that make no sense.</summary>
    public GruLanguageModel(GruParameters parameters, Compute compute, ModelOptions options)
    {
        options.Validate();
        _compute = compute;
        _options = options;
        Parameters = parameters;
        _dropoutRandom = new Philox(options.Seed, RandomPurpose.Dropout);
        _layers = new LayerStack(parameters, compute);
        _embedded = new EmbeddedTokens(parameters, compute, options.Regularisation, _dropoutRandom, _layers.PaddedInput);
        _output = SoftmaxLoss.Create(compute, Config.VocabSize, Config.HiddenDim);
        _recurrentDropout = new RecurrentDropout(parameters, compute, _dropoutRandom, (int)DropoutPlace.Recurrent);
        _evaluationState = new LaneStates(_layers.Count, _layers.PaddedHidden);
    }

    private enum PackedFor
    {
        Nothing,
        Evaluation,
        Training,

        /// <summary>For training with some recurrent weights at zero: for nothing else.</summary>
        Masked,
    }

    /// <inheritdoc/>
    public GruConfig Config => Parameters.Config;

    /// <summary>The parameters. After changing them from outside call <see cref="ParametersChanged"/>.</summary>
    public GruParameters Parameters { get; }

    /// <summary>What the model is trained on; written to config.json.</summary>
    public SampleKind Samples => _options.Samples;

    /// <summary>How training is regularised.</summary>
    public Regularisation Regularisation => _options.Regularisation;

    /// <summary>The penalties (AR and TAR) of the last <see cref="ForwardBackward(TokenBatch, long, long)"/>, in nats a token; they are not
    /// part of its loss.</summary>
    public double Penalty { get; private set; }

    /// <summary>The gradients added up since the last update: the model's own, disposed with it.</summary>
    public GruParameters Gradients
    {
        get
        {
            ThrowIfDisposed();
            return _gradients ??= new GruParameters(Config);
        }
    }

    /// <summary>The state that training carries of a single lane: [L, H'], with padding.</summary>
    internal Span<float> TrainingLane
    {
        get
        {
            TrainingState(0).Prepare(1, fresh: false);
            return TrainingState(0).Values;
        }
    }

    /// <summary>The states that training carries, of each part of a batch.</summary>
    internal IReadOnlyList<LaneStates> TrainingStates => _trainingStates;

    private Optimizer Optimizer => _optimizer ??= _options.Optimizer.Create(Config);

    /// <summary>A new model with starting values that depend on <paramref name="seed"/> alone. Throws <see cref="ArgumentException"/> for
    /// sizes and options that make no sense.</summary>
    public static GruLanguageModel Create(GruConfig config, Compute compute, ulong seed, OptimizerOptions? optimizer = null) =>
        Create(config, compute, ModelOptions.Of(optimizer, seed));

    /// <summary>A new model with starting values that depend on the seed in <paramref name="options"/> alone. Throws
    /// <see cref="ArgumentException"/> for sizes and options that make no sense.</summary>
    public static GruLanguageModel Create(GruConfig config, Compute compute, ModelOptions options)
    {
        options.Validate();
        var parameters = new GruParameters(config);
        try
        {
            ParameterInitializer.Fill(parameters, options.Seed, compute.Team);
            return new GruLanguageModel(parameters, compute, options);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <summary>Reads a model folder. Throws what <see cref="ModelFile.Load"/> throws, and <see cref="ArgumentException"/> for options that
    /// make no sense.</summary>
    public static GruLanguageModel Load(string folder, Compute compute, OptimizerOptions? optimizer = null, ulong seed = 0) =>
        Load(folder, compute, ModelOptions.Of(optimizer, seed));

    /// <summary>Reads a model folder; what its samples are, it says itself. Throws what <see cref="ModelFile.Load"/> throws, and
    /// <see cref="ArgumentException"/> for options that make no sense.</summary>
    public static GruLanguageModel Load(string folder, Compute compute, ModelOptions options)
    {
        options.Validate();
        (GruParameters parameters, SampleKind samples) = ModelFile.Load(folder);
        try
        {
            return new GruLanguageModel(parameters, compute, options with { Samples = samples });
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <summary>Tells the model that <see cref="Parameters"/> hold new values.</summary>
    public void ParametersChanged()
    {
        Parameters.Changed();
        _packed = PackedFor.Nothing;
    }

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, long counted, long step) => ForwardBackward(batch, counted, step, null);

    /// <summary>The same; <paramref name="watcher"/> is told which gradients are complete while the others are computed.</summary>
    internal LossSums ForwardBackward(TokenBatch batch, long counted, long step, IGradientWatcher? watcher)
    {
        ThrowIfDisposed();
        batch.CheckIds(Config.VocabSize);
        int tokens = batch.Steps * batch.Lanes;
        bool inPlace = FewTokens.Suit(_compute, tokens, batch.Lanes) && Regularisation.RecurrentDropout == 0;
        if (inPlace) _layers.ReadInPlace();
        else if (Regularisation.RecurrentDropout > 0) PackMasked();
        else Pack(PackedFor.Training);
        Workspace w = Reserve(batch, training: true);
        LaneStates state = TrainingState(batch.Part);
        state.Prepare(batch);
        var dropout = new LayerDropout(_dropoutRandom, step, Regularisation.LockedDropout, batch.Place);
        fixed (int* ids = batch.Inputs)
        {
            _embedded.EmbedForTraining(ids, batch, w, step);
            _layers.Forward(batch.Steps, batch.Lanes, w, state, dropout);
            float* top = DropOutputs(batch, w, step);
            LossSums sums = inPlace
                ? _output.RunInPlace(Parameters.Output, top, batch.Targets, tokens, w.DState.Pointer, Gradients.Output, counted)
                : _output.Run(top, batch.Targets, tokens, w.DState.Pointer, Gradients.Output, counted, default);
            watcher?.OutputReady();
            BackwardOutputs(batch, w, top, counted);
            _layers.Backward(batch.Steps, batch.Lanes, w, Gradients, dropout, watcher);
            _gradientsAreUnmasked |= Regularisation.RecurrentDropout > 0;
            _embedded.Backward(ids, batch, w, Gradients, watcher);
            return sums;
        }
    }

    /// <summary>Takes part in an update without lanes of its own: what dropout leaves out of it is the same for everyone.</summary>
    internal void TakePartWithoutLanes()
    {
        if (Regularisation.RecurrentDropout == 0) return;
        PackMasked();
        _gradientsAreUnmasked = true;
    }

    /// <inheritdoc/>
    public double GradientNorm()
    {
        ThrowIfDisposed();
        MaskGradients();
        return Math.Sqrt(_compute.SumOfSquares(Gradients.Pointer, Gradients.Length));
    }

    /// <inheritdoc/>
    public void Update(double learningRate, double gradientScale)
    {
        ThrowIfDisposed();
        MaskGradients();
        if (_options.Optimizer.AverageDecay > 0) _average ??= new ParameterAverage(Parameters, _options.Optimizer.AverageDecay);
        Optimizer.Update(_compute, Parameters, Gradients, learningRate, gradientScale);
        _average?.Add(_compute, Parameters, Optimizer.Steps);
        ParametersChanged();
    }

    /// <inheritdoc/>
    public void SwapAverage()
    {
        ThrowIfDisposed();
        if (_average is null) return;
        _average.Swap(Parameters);
        ParametersChanged();
    }

    /// <inheritdoc/>
    public void DiscardGradients()
    {
        Gradients.Clear();
        _gradientsAreUnmasked = false;
    }

    /// <inheritdoc/>
    public LossSums Evaluate(TokenBatch batch) => Score(batch, default);

    /// <summary>Like <see cref="Evaluate"/>, also giving each target's log-probability in <paramref name="logProbs"/> [T, B] (unless
    /// empty). Throws <see cref="ArgumentException"/> when there is no room for all of them.</summary>
    public LossSums Score(TokenBatch batch, Span<float> logProbs)
    {
        ThrowIfDisposed();
        batch.CheckIds(Config.VocabSize);
        batch.CheckRoom(logProbs);
        Pack(PackedFor.Evaluation);
        Workspace w = Reserve(batch, training: false);
        _evaluationState.Prepare(batch);
        fixed (int* ids = batch.Inputs) _embedded.Embed(ids, batch, w);
        _layers.Forward(batch.Steps, batch.Lanes, w, _evaluationState, dropout: null);
        float* top = _layers.Output(w, batch.Lanes);
        return _output.Run(top, batch.Targets, batch.Steps * batch.Lanes, null, null, 1, logProbs);
    }

    /// <inheritdoc/>
    public void Save(string folder)
    {
        ThrowIfDisposed();
        ModelFile.Save(folder, Parameters, Samples);
    }

    /// <inheritdoc/>
    public void SaveTrainingState(string path)
    {
        ThrowIfDisposed();
        _ = TrainingState(0);
        SaveTrainingState(path, _trainingStates);
    }

    /// <summary>The same with the states of other lanes.</summary>
    internal void SaveTrainingState(string path, IReadOnlyList<LaneStates> states) =>
        TrainingStateFile.Write(path, Optimizer, _average, states);

    /// <inheritdoc/>
    public void LoadTrainingState(string path)
    {
        ThrowIfDisposed();
        using var file = TrainingStateFile.Open(path);
        file.Read(Optimizer);
        if (_options.Optimizer.AverageDecay > 0 && file.HasAverage(Parameters))
        {
            _average ??= new ParameterAverage(Parameters, _options.Optimizer.AverageDecay);
            file.Read(_average);
        }

        for (int part = 0; part == 0 || file.HasState(part); part++) file.Read(part, TrainingState(part));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _layers.Dispose();
        _output.Dispose();
        foreach (LaneStates state in _trainingStates) state.Dispose();
        _evaluationState.Dispose();
        _recurrentDropout.Dispose();
        _workspace?.Dispose();
        _gradients?.Dispose();
        _optimizer?.Dispose();
        _average?.Dispose();
        Parameters.Dispose();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    // What reaches the output layer [T·B, H'].
    private float* DropOutputs(TokenBatch batch, Workspace w, long step)
    {
        float* last = _layers.Output(w, batch.Lanes);
        if (Regularisation.OutputDropout == 0) return last;
        var draw = new DropoutDraw(_dropoutRandom, Regularisation.OutputDropout, step, (int)DropoutPlace.Output);
        Dropout.LockedForward(
            _compute, draw with { Lanes = batch.Place, Width = _layers.PaddedHidden }, last, w.TopMask.Pointer, w.Top.Pointer,
            (long)batch.Lanes * _layers.PaddedHidden, batch.Steps);
        return w.Top.Pointer;
    }

    // From the gradient of what reached the output layer, in DState, to that of the last layer's outputs, penalties included.
    private void BackwardOutputs(TokenBatch batch, Workspace w, float* top, long counted)
    {
        long perStep = (long)batch.Lanes * _layers.PaddedHidden;
        double perNumber = 1 / ((double)counted * Config.HiddenDim);
        Penalty = 0;
        if (Regularisation.ActivationPenalty > 0)
        {
            double factor = Regularisation.ActivationPenalty * perNumber;
            Penalty += OutputPenalties.Activation(top, w.DState.Pointer, perStep * batch.Steps, factor);
        }

        if (Regularisation.OutputDropout > 0)
        {
            Dropout.LockedBackward(_compute, w.TopMask.Pointer, w.DState.Pointer, perStep, batch.Steps);
        }

        if (Regularisation.SlownessPenalty > 0)
        {
            double factor = Regularisation.SlownessPenalty * perNumber;
            Penalty += OutputPenalties.Slowness(_layers.Output(w, batch.Lanes), w.DState.Pointer, perStep, batch.Steps, factor);
        }
    }

    private void Pack(PackedFor purpose)
    {
        _layers.ReadPacked();
        if (_packed >= purpose && _packed != PackedFor.Masked) return;
        for (int l = 0; l < _layers.Count; l++) _layers.Pack(l, purpose == PackedFor.Training);
        _output.Pack(Parameters.Output, purpose == PackedFor.Training);
        _packed = purpose;
    }

    private void PackMasked()
    {
        _layers.ReadPacked();
        if (_packed == PackedFor.Masked && _maskedFor == Optimizer.Steps) return;
        _recurrentDropout.Pack(_layers, Regularisation.RecurrentDropout, Optimizer.Steps);
        _output.Pack(Parameters.Output, true);
        (_packed, _maskedFor) = (PackedFor.Masked, Optimizer.Steps);
    }

    // Once for all parts of a batch: they shared the mask.
    private void MaskGradients()
    {
        if (_gradientsAreUnmasked) _recurrentDropout.MaskGradients(Gradients);
        _gradientsAreUnmasked = false;
    }

    /// <summary>The states that training carries of one part of a batch.</summary>
    internal LaneStates TrainingState(int part)
    {
        while (_trainingStates.Count <= part) _trainingStates.Add(new LaneStates(_layers.Count, _layers.PaddedHidden));
        return _trainingStates[part];
    }

    private Workspace Reserve(TokenBatch batch, bool training)
    {
        long tokens = (long)batch.Steps * batch.Lanes;
        if (_workspace is null || !_workspace.Fits(tokens, batch.Lanes, training))
        {
            (long oldTokens, long oldLanes, bool oldTraining) = _workspace is { } w ? (w.Tokens, w.Lanes, w.Training) : (0, 0, false);
            _workspace?.Dispose();
            _workspace = new Workspace(
                Config, Regularisation, Math.Max(tokens, oldTokens), Math.Max(batch.Lanes, oldLanes), training || oldTraining);
        }

        return _workspace;
    }
}
