// The model as it is trained and evaluated: embedding, fused GRU layers, output layer with loss, on one thread team.
// Everything a step needs is allocated once for the largest batch seen. MODEL.md gives the equations and tensor names.

using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>A stacked-GRU language model with forward, backward and update. Not thread-safe.</summary>
public sealed unsafe partial class GruLanguageModel : ITrainableModel
{
    private readonly Compute _compute;
    private readonly FusedGruLayer[] _layers;
    private readonly SoftmaxLoss _output;
    private readonly Philox _dropoutRandom;
    private readonly OptimizerOptions _optimizerOptions;
    private readonly List<LaneStates> _trainingStates = [];
    private readonly LaneStates _evaluationState;
    private readonly PackedMatrix _packedInput;
    private readonly PackedMatrix _packedState;
    private Workspace? _workspace;
    private GruParameters? _gradients;
    private Optimizer? _optimizer;
    private readonly List<AlignedBuffer<float>> _recurrentMasks = [];
    private ParameterAverage? _average;
    private PackedFor _packed;
    private long _maskedFor;
    private bool _gradientsAreUnmasked;

    /// <summary>A model over <paramref name="parameters"/>, which it owns from now on; <paramref name="compute"/> stays the caller's.
    /// <paramref name="optimizer"/> is AdamW where nothing is said, <paramref name="seed"/> that of dropout.</summary>
    public GruLanguageModel(GruParameters parameters, Compute compute, OptimizerOptions? optimizer = null, ulong seed = 0,
        SampleKind samples = SampleKind.Stream)
    {
        _compute = compute;
        Parameters = parameters;
        Samples = samples;
        _optimizerOptions = optimizer ?? new AdamWOptions();
        _dropoutRandom = new Philox(seed, RandomPurpose.Dropout);
        _layers =
            [.. Enumerable.Range(0, Config.NumLayers).Select(l => FusedGruLayer.Create(compute, Config.InputDim(l), Config.HiddenDim))];
        _output = SoftmaxLoss.Create(compute, Config.VocabSize, Config.HiddenDim);
        _evaluationState = new LaneStates(_layers.Length, _layers[0].PaddedHidden);
        _packedInput = compute.NewPacked(0, 0);
        _packedState = compute.NewPacked(0, 0);
    }

    private enum PackedFor
    {
        Nothing,
        Evaluation,
        Training,

        /// <summary>For training with some recurrent weights at zero: for nothing else.</summary>
        Masked,
    }

    // Which numbers dropout draws where: layers 1 … L − 1 between layers, and these.
    private enum Place
    {
        Input = 0,
        Recurrent = 0x4000,
        Output = 0x7000,
        Embedding = 0x7001,
    }

    /// <inheritdoc/>
    public GruConfig Config => Parameters.Config;

    /// <summary>The parameters. After changing them from outside call <see cref="ParametersChanged"/>.</summary>
    public GruParameters Parameters { get; }

    /// <summary>What the model is trained on; written to config.json.</summary>
    public SampleKind Samples { get; }

    /// <summary>How training is regularised. Set it before the first batch.</summary>
    public Regularisation Regularisation
    {
        get;
        set
        {
            value.Validate();
            field = value;
        }
    }

    = new();

    /// <summary>The penalties (AR and TAR) of the last <see cref="ForwardBackward"/>, in nats a token; they are not part of its
    /// loss.</summary>
    public double Penalty { get; private set; }

    /// <summary>The gradients added up since the last update.</summary>
    public GruParameters Gradients => _gradients ??= new GruParameters(Config);

    private Optimizer Optimizer => _optimizer ??= _optimizerOptions.Create(Config);

    /// <summary>A new model with starting values that depend on <paramref name="seed"/> alone.</summary>
    public static GruLanguageModel Create(GruConfig config, Compute compute, ulong seed, OptimizerOptions? optimizer = null,
        SampleKind samples = SampleKind.Stream)
    {
        var parameters = new GruParameters(config);
        ParameterInitializer.Fill(parameters, seed);
        return new GruLanguageModel(parameters, compute, optimizer, seed, samples);
    }

    /// <summary>Reads a model folder. Throws what <see cref="ModelFile.Load"/> throws.</summary>
    public static GruLanguageModel Load(string folder, Compute compute, OptimizerOptions? optimizer = null, ulong seed = 0)
    {
        (GruParameters? parameters, SampleKind samples) = ModelFile.Load(folder);
        return new GruLanguageModel(parameters, compute, optimizer, seed, samples);
    }

    /// <summary>Tells the model that <see cref="Parameters"/> hold new values.</summary>
    public void ParametersChanged() => _packed = PackedFor.Nothing;

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, long counted, long step)
    {
        Check(batch);
        int tokens = batch.Steps * batch.Lanes, padded = _layers[0].PaddedHidden;
        Regularisation regularisation = Regularisation;
        bool inPlace = FewTokens.Suit(_compute, tokens, batch.Lanes) && regularisation.RecurrentDropout == 0;
        if (inPlace) ReadInPlace();
        else if (regularisation.RecurrentDropout > 0) PackMasked();
        else Pack(PackedFor.Training);
        Workspace w = Reserve(batch, training: true);
        LaneStates state = TrainingState(batch.Part);
        state.Prepare(batch);
        fixed (int* ids = batch.Inputs)
        {
            Forward(ids, batch, w, state, step, training: true);
            float* last = OutputOf(w, _layers.Length - 1, batch.Lanes), top = regularisation.OutputDropout > 0 ? w.Top.Pointer : last;
            long perStep = (long)batch.Lanes * padded;
            LossSums sums = inPlace
                ? _output.RunInPlace(Parameters.Output, top, batch.Targets, tokens, w.DState.Pointer, Gradients.Output, counted)
                : _output.Run(top, batch.Targets, tokens, w.DState.Pointer, Gradients.Output, counted, default);
            double perNumber = 1 / ((double)counted * Config.HiddenDim);
            Penalty = 0;
            if (regularisation.ActivationPenalty > 0)
            {
                Penalty += OutputPenalties.Activation(top, w.DState.Pointer, perStep * batch.Steps,
                    regularisation.ActivationPenalty * perNumber);
            }

            if (regularisation.OutputDropout > 0)
            {
                Dropout.LockedBackward(_compute, w.TopMask.Pointer, w.DState.Pointer, perStep, batch.Steps);
            }

            if (regularisation.SlownessPenalty > 0)
            {
                Penalty += OutputPenalties.Slowness(last, w.DState.Pointer, perStep, batch.Steps,
                    regularisation.SlownessPenalty * perNumber);
            }

            BackwardLayers(batch, w);
            _gradientsAreUnmasked |= regularisation.RecurrentDropout > 0;
            if (regularisation.InputDropout > 0)
            {
                Dropout.LockedBackward(_compute, w.InputMask.Pointer, w.DEmbedding.Pointer, (long)batch.Lanes * _layers[0].PaddedInput,
                    batch.Steps);
            }

            if (regularisation.EmbeddingDropout > 0)
            {
                Dropout.ScaleRows(w.DEmbedding.Pointer, tokens, _layers[0].PaddedInput, w.RowFactors.Pointer);
            }

            Embedding.Scatter(_compute, Gradients.Embedding, Config.EmbeddingDim, ids, tokens, w.DEmbedding.Pointer,
                _layers[0].PaddedInput);
            return sums;
        }
    }

    /// <inheritdoc/>
    public double GradientNorm()
    {
        MaskGradients();
        return Math.Sqrt(_compute.SumOfSquares(Gradients.Pointer, Gradients.Length));
    }

    /// <inheritdoc/>
    public void Update(double learningRate, double gradientScale)
    {
        MaskGradients();
        if (_optimizerOptions.AverageDecay > 0) _average ??= new ParameterAverage(Parameters, _optimizerOptions.AverageDecay);
        Optimizer.Update(_compute, Parameters, Gradients, learningRate, gradientScale);
        _average?.Add(_compute, Parameters, Optimizer.Steps);
        ParametersChanged();
    }

    /// <inheritdoc/>
    public void SwapAverage()
    {
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
    /// empty).</summary>
    public LossSums Score(TokenBatch batch, Span<float> logProbs)
    {
        Check(batch);
        Pack(PackedFor.Evaluation);
        Workspace w = Reserve(batch, training: false);
        _evaluationState.Prepare(batch);
        fixed (int* ids = batch.Inputs) Forward(ids, batch, w, _evaluationState, 0, training: false);
        float* top = OutputOf(w, _layers.Length - 1, batch.Lanes);
        return _output.Run(top, batch.Targets, batch.Steps * batch.Lanes, null, null, 1, logProbs);
    }

    /// <inheritdoc/>
    public void Save(string folder) => ModelFile.Save(folder, Parameters, Samples);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FusedGruLayer layer in _layers) layer.Dispose();
        _output.Dispose();
        foreach (LaneStates state in _trainingStates) state.Dispose();
        _evaluationState.Dispose();
        _packedInput.Dispose();
        _packedState.Dispose();
        _workspace?.Dispose();
        _gradients?.Dispose();
        _optimizer?.Dispose();
        _average?.Dispose();
        foreach (AlignedBuffer<float> mask in _recurrentMasks) mask.Dispose();
        Parameters.Dispose();
    }

    private void Forward(int* ids, TokenBatch batch, Workspace w, LaneStates state, long step, bool training)
    {
        int tokens = batch.Steps * batch.Lanes, padded = _layers[0].PaddedHidden;
        long stateLength = (long)batch.Lanes * padded;
        Embedding.Gather(_compute, Parameters.Embedding, Config.EmbeddingDim, ids, tokens, w.Embedded.Pointer, _layers[0].PaddedInput);
        Regularisation regularisation = Regularisation;
        if (training && regularisation.EmbeddingDropout > 0)
        {
            Dropout.DrawRows(_dropoutRandom, regularisation.EmbeddingDropout, step, (int)Place.Embedding, ids, tokens,
                w.RowFactors.Pointer);
            Dropout.ScaleRows(w.Embedded.Pointer, tokens, _layers[0].PaddedInput, w.RowFactors.Pointer);
        }

        if (training && regularisation.InputDropout > 0)
        {
            Dropout.LockedForward(
                _compute, _dropoutRandom, regularisation.InputDropout, step, (int)Place.Input, w.Embedded.Pointer, w.InputMask.Pointer,
                w.Embedded.Pointer, (long)batch.Lanes * _layers[0].PaddedInput, batch.Steps);
        }

        ForwardLayers(batch, w, state, step, training);
        if (training && regularisation.OutputDropout > 0)
        {
            Dropout.LockedForward(
                _compute, _dropoutRandom, regularisation.OutputDropout, step, (int)Place.Output,
                OutputOf(w, _layers.Length - 1, batch.Lanes), w.TopMask.Pointer, w.Top.Pointer, stateLength, batch.Steps);
        }
    }

    private void Pack(PackedFor purpose)
    {
        foreach (FusedGruLayer layer in _layers) layer.ReadPacked();
        if (_packed >= purpose && _packed != PackedFor.Masked) return;
        for (int l = 0; l < _layers.Length; l++) _layers[l].Pack(Parameters, l, purpose == PackedFor.Training);
        _output.Pack(Parameters.Output, purpose == PackedFor.Training);
        _packed = purpose;
    }

    private void ReadInPlace()
    {
        for (int l = 0; l < _layers.Length; l++) _layers[l].ReadInPlace(Parameters, l);
    }

    private Workspace Reserve(TokenBatch batch, bool training)
    {
        long tokens = (long)batch.Steps * batch.Lanes;
        if (_workspace is null || !_workspace.Fits(tokens, batch.Lanes, training))
        {
            (long oldTokens, long oldLanes, bool oldTraining) = _workspace is { } w ? (w.Tokens, w.Lanes, w.Training) : (0, 0, false);
            _workspace?.Dispose();
            _workspace = new Workspace(
                Config, Regularisation, Math.Max(tokens, oldTokens), Math.Max(batch.Lanes, oldLanes), training || oldTraining,
                _layers[0].PaddedInput, _layers[0].PaddedHidden);
        }

        return _workspace;
    }

    private void Check(TokenBatch batch)
    {
        foreach (int id in batch.Inputs)
        {
            if ((uint)id >= (uint)Config.VocabSize)
            {
                throw new ArgumentException($"token id {id} is outside the model's vocabulary of {Config.VocabSize}");
            }
        }

        foreach (int id in batch.Targets)
        {
            if ((uint)id >= (uint)Config.VocabSize && id != TokenBatch.Ignored)
            {
                throw new ArgumentException($"target id {id} is outside the model's vocabulary of {Config.VocabSize}");
            }
        }
    }
}
