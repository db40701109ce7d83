// The model as it is trained and evaluated: embedding, fused GRU layers, output layer with loss, on one thread team.
// Everything a step needs is allocated once for the largest batch seen. MODEL.md gives the equations and tensor names.

using GruLM.Formats;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>A stacked-GRU language model with forward, backward and update. Not thread-safe.</summary>
public sealed unsafe class GruLanguageModel : ITrainableModel
{
    private readonly Compute compute;
    private readonly FusedGruLayer[] layers;
    private readonly SoftmaxLoss output;
    private readonly Philox dropoutRandom;
    private readonly AdamWOptions optimizerOptions;
    private readonly List<LaneStates> trainingStates = [];
    private readonly LaneStates evaluationState;
    private readonly PackedMatrix packedInput;
    private readonly PackedMatrix packedState;
    private Workspace? workspace;
    private GruParameters? gradients;
    private AdamW? optimizer;
    private PackedFor packed;

    /// <summary>A model over <paramref name="parameters"/>, which it owns from now on; <paramref name="compute"/> stays the caller's.
    /// <paramref name="seed"/> is that of dropout.</summary>
    public GruLanguageModel(GruParameters parameters, Compute compute, AdamWOptions? optimizer = null, ulong seed = 0, SampleKind samples = SampleKind.Stream)
    {
        this.compute = compute;
        Parameters = parameters;
        Samples = samples;
        optimizerOptions = optimizer ?? new AdamWOptions();
        dropoutRandom = new Philox(seed, RandomPurpose.Dropout);
        layers = [.. Enumerable.Range(0, Config.NumLayers).Select(l => FusedGruLayer.Create(compute, Config.InputDim(l), Config.HiddenDim))];
        output = SoftmaxLoss.Create(compute, Config.VocabSize, Config.HiddenDim);
        evaluationState = new LaneStates(layers.Length, layers[0].PaddedHidden);
        packedInput = compute.NewPacked(0, 0);
        packedState = compute.NewPacked(0, 0);
    }

    private enum PackedFor
    {
        Nothing,
        Evaluation,
        Training,
    }

    /// <inheritdoc/>
    public GruConfig Config => Parameters.Config;

    /// <summary>The parameters. After changing them from outside call <see cref="ParametersChanged"/>.</summary>
    public GruParameters Parameters { get; }

    /// <summary>What the model is trained on; written to config.json.</summary>
    public SampleKind Samples { get; }

    /// <summary>The gradients added up since the last update.</summary>
    public GruParameters Gradients => gradients ??= new GruParameters(Config);

    private AdamW Optimizer => optimizer ??= new AdamW(Config, optimizerOptions);

    /// <summary>A new model with starting values that depend on <paramref name="seed"/> alone.</summary>
    public static GruLanguageModel Create(GruConfig config, Compute compute, ulong seed, AdamWOptions? optimizer = null, SampleKind samples = SampleKind.Stream)
    {
        var parameters = new GruParameters(config);
        ParameterInitializer.Fill(parameters, seed);
        return new GruLanguageModel(parameters, compute, optimizer, seed, samples);
    }

    /// <summary>Reads a model folder. Throws what <see cref="ModelFile.Load"/> throws.</summary>
    public static GruLanguageModel Load(string folder, Compute compute, AdamWOptions? optimizer = null, ulong seed = 0)
    {
        var (parameters, samples) = ModelFile.Load(folder);
        return new GruLanguageModel(parameters, compute, optimizer, seed, samples);
    }

    /// <summary>Tells the model that <see cref="Parameters"/> hold new values.</summary>
    public void ParametersChanged() => packed = PackedFor.Nothing;

    /// <inheritdoc/>
    public LossSums ForwardBackward(TokenBatch batch, long counted, long step)
    {
        Check(batch);
        int tokens = batch.Steps * batch.Lanes, padded = layers[0].PaddedHidden;
        bool inPlace = FewTokens.Suit(compute, tokens, batch.Lanes);
        if (inPlace) ReadInPlace();
        else Pack(PackedFor.Training);
        var w = Reserve(batch, training: true);
        var state = TrainingState(batch.Part);
        state.Prepare(batch);
        fixed (int* ids = batch.Inputs)
        {
            Forward(ids, batch, w, state, step, training: true);
            float* top = w.Layers[^1].States.Pointer + ((long)batch.Lanes * padded);
            var sums = inPlace
                ? output.RunInPlace(Parameters.Output, top, batch.Targets, tokens, w.DState.Pointer, Gradients.Output, counted)
                : output.Run(top, batch.Targets, tokens, w.DState.Pointer, Gradients.Output, counted, default);
            for (int l = layers.Length - 1; l >= 0; l--)
            {
                float* dX = l == 0 ? w.DEmbedding.Pointer : w.DState.Pointer;
                layers[l].Backward(
                    LayerInput(w, l, batch.Lanes), w.DState.Pointer, dX, batch.Steps, batch.Lanes, w.Layers[l], w.Carry.Pointer, Gradients, l,
                    Shaped(packedInput, tokens, Config.InputDim(l)), Shaped(packedState, tokens, Config.HiddenDim));
                if (l > 0 && Config.Dropout > 0) Dropout.Backward(compute, w.Masks[l - 1].Pointer, dX, (long)tokens * padded);
            }

            Embedding.Scatter(compute, Gradients.Embedding, Config.EmbeddingDim, ids, tokens, w.DEmbedding.Pointer, layers[0].PaddedInput);
            return sums;
        }
    }

    /// <inheritdoc/>
    public double GradientNorm() => Math.Sqrt(compute.SumOfSquares(Gradients.Pointer, Gradients.Length));

    /// <inheritdoc/>
    public void Update(double learningRate, double gradientScale)
    {
        Optimizer.Update(compute, Parameters, Gradients, learningRate, gradientScale);
        ParametersChanged();
    }

    /// <inheritdoc/>
    public void DiscardGradients() => Gradients.Clear();

    /// <inheritdoc/>
    public LossSums Evaluate(TokenBatch batch) => Score(batch, default);

    /// <summary>Like <see cref="Evaluate"/>, also giving each target's log-probability in <paramref name="logProbs"/> [T, B] (unless empty).</summary>
    public LossSums Score(TokenBatch batch, Span<float> logProbs)
    {
        Check(batch);
        Pack(PackedFor.Evaluation);
        var w = Reserve(batch, training: false);
        evaluationState.Prepare(batch);
        fixed (int* ids = batch.Inputs) Forward(ids, batch, w, evaluationState, 0, training: false);
        float* top = w.Layers[^1].States.Pointer + ((long)batch.Lanes * layers[0].PaddedHidden);
        return output.Run(top, batch.Targets, batch.Steps * batch.Lanes, null, null, 1, logProbs);
    }

    /// <inheritdoc/>
    public void Save(string folder) => ModelFile.Save(folder, Parameters, Samples);

    /// <inheritdoc/>
    public void SaveTrainingState(string path)
    {
        var tensors = new List<NamedTensor>();
        void Add(string prefix, GruParameters set)
        {
            foreach (var v in set.Views) tensors.Add(NamedTensor.FromFloats(prefix + v.Name, () => set.Span(v.Name), v.Shape));
        }

        Add("adamw.m.", Optimizer.FirstMoment);
        Add("adamw.v.", Optimizer.SecondMoment);
        for (int part = 0; part < Math.Max(1, trainingStates.Count); part++)
        {
            var state = TrainingState(part);
            tensors.Add(NamedTensor.FromFloats(StateName(part), () => state.Values, layers.Length, state.Lanes, layers[0].PaddedHidden));
        }

        Safetensors.Write(path, tensors, new Dictionary<string, string> { ["adamw.steps"] = Optimizer.Steps.ToString() });
    }

    /// <inheritdoc/>
    public void LoadTrainingState(string path)
    {
        using var file = SafetensorsFile.Open(path);
        void Fill(string prefix, GruParameters set)
        {
            foreach (var v in set.Views) file.Read(file.Find(prefix + v.Name), set.Span(v.Name));
        }

        if (!file.Metadata.TryGetValue("adamw.steps", out var text) || !long.TryParse(text, out long steps))
            throw new InvalidDataException($"{path}: does not say how many updates were made (adamw.steps)");
        Fill("adamw.m.", Optimizer.FirstMoment);
        Fill("adamw.v.", Optimizer.SecondMoment);
        Optimizer.Steps = steps;
        for (int part = 0; part == 0 || file.TryFind(StateName(part), out _); part++)
        {
            var saved = file.Find(StateName(part));
            if (saved.Shape.Count != 3 || saved.Shape[0] != layers.Length || saved.Shape[2] != layers[0].PaddedHidden)
                throw new InvalidDataException($"{path}: the carried state does not fit the model");
            TrainingState(part).Prepare((int)saved.Shape[1], fresh: true);
            file.Read(saved, TrainingState(part).Values);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in layers) layer.Dispose();
        output.Dispose();
        foreach (var state in trainingStates) state.Dispose();
        evaluationState.Dispose();
        packedInput.Dispose();
        packedState.Dispose();
        workspace?.Dispose();
        gradients?.Dispose();
        optimizer?.Dispose();
        Parameters.Dispose();
    }

    private static string StateName(int part) => part == 0 ? "state" : $"state.{part}";

    private LaneStates TrainingState(int part)
    {
        while (trainingStates.Count <= part) trainingStates.Add(new LaneStates(layers.Length, layers[0].PaddedHidden));
        return trainingStates[part];
    }

    private static PackedMatrix Shaped(PackedMatrix matrix, int k, int n)
    {
        matrix.Reshape(k, n);
        return matrix;
    }

    private void Forward(int* ids, TokenBatch batch, Workspace w, LaneStates state, long step, bool training)
    {
        int tokens = batch.Steps * batch.Lanes, padded = layers[0].PaddedHidden;
        long stateLength = (long)batch.Lanes * padded;
        Embedding.Gather(compute, Parameters.Embedding, Config.EmbeddingDim, ids, tokens, w.Embedded.Pointer, layers[0].PaddedInput);
        for (int l = 0; l < layers.Length; l++)
        {
            float* x = LayerInput(w, l, batch.Lanes);
            if (l > 0 && Config.Dropout > 0)
            {
                float* below = w.Layers[l - 1].States.Pointer + stateLength;
                if (training) Dropout.Forward(compute, dropoutRandom, Config.Dropout, step, l, below, w.Masks[l - 1].Pointer, x, (long)tokens * padded);
                else x = below;
            }

            float* states = w.Layers[l].States.Pointer;
            Buffer.MemoryCopy(state[l], states, stateLength * sizeof(float), stateLength * sizeof(float));
            layers[l].Forward(x, batch.Steps, batch.Lanes, w.Layers[l]);
            float* last = states + ((long)tokens * padded);
            Buffer.MemoryCopy(last, state[l], stateLength * sizeof(float), stateLength * sizeof(float));
        }
    }

    // What layer l reads while training: embeddings, the states below, or these after dropout.
    private float* LayerInput(Workspace w, int l, int lanes) =>
        l == 0 ? w.Embedded.Pointer
        : Config.Dropout > 0 ? w.Dropped[l - 1].Pointer
        : w.Layers[l - 1].States.Pointer + ((long)lanes * layers[0].PaddedHidden);

    private void Pack(PackedFor purpose)
    {
        foreach (var layer in layers) layer.ReadPacked();
        if (packed >= purpose) return;
        for (int l = 0; l < layers.Length; l++) layers[l].Pack(Parameters, l, purpose == PackedFor.Training);
        output.Pack(Parameters.Output, purpose == PackedFor.Training);
        packed = purpose;
    }

    private void ReadInPlace()
    {
        for (int l = 0; l < layers.Length; l++) layers[l].ReadInPlace(Parameters, l);
    }

    private Workspace Reserve(TokenBatch batch, bool training)
    {
        long tokens = (long)batch.Steps * batch.Lanes;
        if (workspace is null || !workspace.Fits(tokens, batch.Lanes, training))
        {
            var (oldTokens, oldLanes, oldTraining) = workspace is { } w ? (w.Tokens, w.Lanes, w.Training) : (0, 0, false);
            workspace?.Dispose();
            workspace = new Workspace(
                Config, Math.Max(tokens, oldTokens), Math.Max(batch.Lanes, oldLanes), training || oldTraining, layers[0].PaddedInput, layers[0].PaddedHidden);
        }

        return workspace;
    }

    private void Check(TokenBatch batch)
    {
        foreach (int id in batch.Inputs)
            if ((uint)id >= (uint)Config.VocabSize) throw new ArgumentException($"token id {id} is outside the model's vocabulary of {Config.VocabSize}");
        foreach (int id in batch.Targets)
            if ((uint)id >= (uint)Config.VocabSize && id != TokenBatch.Ignored) throw new ArgumentException($"target id {id} is outside the model's vocabulary of {Config.VocabSize}");
    }
}
