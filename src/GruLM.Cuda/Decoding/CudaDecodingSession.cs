// One text being read or written by a model on a card. All but the states is shared by the sessions of a model. A token's launches, and
// those of the scores, are recorded once and asked for in one call each. Several tokens at once, and those of several sessions, are read in
// columns.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>A state on a card that tokens advance. Not thread-safe.</summary>
internal sealed class CudaDecodingSession : IDecodingSession
{
    private const int Threads = 128;
    private const int RowsOfBlock = 4;
    private readonly Card _card;
    private readonly CudaKernel _layer, _scores;
    private readonly Recordings _recordings;

    // States [L, H], and behind them, with residual connections, what layers hand on.
    private readonly DeviceBuffer<float> _before;
    private bool _disposed;

    /// <summary>A session of <paramref name="model"/> with a zero state.</summary>
    public CudaDecodingSession(Card card, DecodedModel model)
    {
        (_card, Model) = (card, model);
        card.Context.Enter();
        _layer = card.Kernel("decode", "decode_layer");
        _scores = card.Kernel("decode", "scores");
        _recordings = new Recordings(card.Context);
        _before = card.Context.Allocate<float>(StateLength * (Config.Residual ? 2 : 1));
    }

    /// <inheritdoc/>
    public GruConfig Config => Parameters.Config;

    /// <summary>What it shares with other sessions.</summary>
    public DecodedModel Model { get; }

    /// <summary>Where its states are on the card: [L, H], and with residual connections as many numbers that layers hand on.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public DevicePointer State => _before.At(0);

    private CardParameters Parameters => Model.Parameters;

    private int Units => Config.HiddenDim;

    private int StateLength => Config.NumLayers * Units;

    /// <inheritdoc/>
    public void Read(int id)
    {
        Enter();
        SessionChecks.Id(id, Config.VocabSize);

        // The copy of the id before may still be on its way.
        _card.Context.Synchronize();
        Model.HostId.Span[0] = id;
        _recordings.Run(new RecordedShape(1, 1, 0, Training: true), ReadToken);
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> ids)
    {
        Enter();
        SessionChecks.Ids(ids, Config.VocabSize);
        if (ids.Length == 1) Read(ids[0]);
        else Model.Columns.Read(this, ids, []);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits()
    {
        Enter();
        _recordings.Run(new RecordedShape(1, 1, 0, Training: false), Score);
        _card.Context.Synchronize();
        Model.HostLogits.Span.CopyTo(Model.HandedOut);
        return Model.HandedOut;
    }

    /// <inheritdoc/>
    public float[] SaveState()
    {
        Enter();
        float[] state = new float[StateLength];
        _card.Context.Download(_before, 0, state);
        return state;
    }

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<float> saved)
    {
        Enter();
        if (saved.Length != StateLength)
        {
            throw new ArgumentException($"the state has {saved.Length} numbers; this model's has {Config.NumLayers} x {Units}");
        }

        _card.Context.Upload(_before, 0, saved);
        if (!Config.Residual) return;

        // What the last layer hands on is no part of the state, but follows from it.
        float[] handed = saved.ToArray();
        for (int i = Units; i < handed.Length; i++) handed[i] += handed[i - Units];
        _card.Context.Upload(_before, StateLength, (ReadOnlySpan<float>)handed);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Enter();
        _card.Context.Clear(_before, 0, _before.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _recordings.Dispose();
        _before.Dispose();
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _card.Context.Enter();
    }

    private void ReadToken()
    {
        _card.Context.UploadAsync(Model.Id, Model.HostId, 1);
        for (int l = 0; l < Config.NumLayers; l++)
        {
            DecodeLayerArguments arguments = Arguments(l);
            int shared = (arguments.Inputs + 33) * sizeof(float);
            _card.Context.Launch(_layer, new Grid((Units + RowsOfBlock - 1) / RowsOfBlock), Threads, shared, arguments);
        }

        _card.Context.Copy(Model.After, 0, _before, 0, StateLength);
    }

    private DecodeLayerArguments Arguments(int l)
    {
        bool normalises = Config.LayerNorm && l > 0, adds = Config.Residual && l > 0, isBf16 = _card.UsesBf16;
        PlaneRows input = Parameters.Input(l), state = Parameters.State(l);
        return new DecodeLayerArguments
        {
            Input = isBf16 ? input.First : Parameters.Tensor(ParameterRole.InputWeights, l),
            State = isBf16 ? state.First : Parameters.Tensor(ParameterRole.RecurrentWeights, l),
            BiasInput = Parameters.Tensor(ParameterRole.InputBias, l),
            BiasState = Parameters.Tensor(ParameterRole.RecurrentBias, l),
            Gain = normalises ? Parameters.Tensor(ParameterRole.NormGain, l) : default,
            Shift = normalises ? Parameters.Tensor(ParameterRole.NormBias, l) : default,
            Below = l == 0 ? Parameters.Tensor(ParameterRole.Embedding, 0) : Output(Model.After, l - 1),
            Id = l == 0 ? Model.Id.At(0) : default,
            Before = _before.At((long)l * Units),
            After = Model.After.At((long)l * Units),
            Handed = adds ? Handed(l) : default,
            Inputs = Config.InputDim(l),
            Units = Units,
            InputRow = isBf16 ? input.Row : Config.InputDim(l),
            StateRow = isBf16 ? state.Row : Units,
            Gate = isBf16 ? Parameters.PaddedHidden : Units,
        };
    }

    private void Score()
    {
        bool isBf16 = _card.UsesBf16;
        ParameterRole role = Config.TieWeights ? ParameterRole.Embedding : ParameterRole.Output;
        var arguments = new ScoreArguments
        {
            Weights = isBf16 ? Parameters.Output.First : Parameters.Tensor(role, 0),
            Top = Output(_before, Config.NumLayers - 1),
            Scores = Model.Logits.At(0),
            Vocabulary = Config.VocabSize,
            Units = Units,
            Row = isBf16 ? Parameters.Output.Row : Units,
        };
        int blocks = (Config.VocabSize + RowsOfBlock - 1) / RowsOfBlock;
        _card.Context.Launch(_scores, new Grid(blocks), Threads, 0, arguments);
        _card.Context.DownloadAsync(Model.Logits, Model.HostLogits, Config.VocabSize);
    }

    // What layer l hands on.
    private DevicePointer Output(DeviceBuffer<float> states, int l) =>
        Config.Residual && l > 0 ? Handed(l) : states.At((long)l * Units);

    private DevicePointer Handed(int l) => _before.At(StateLength + ((long)l * Units));
}
