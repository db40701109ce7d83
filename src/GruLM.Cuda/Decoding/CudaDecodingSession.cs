// One text being read or written by a model on a card. The weights are shared by all sessions over the same parameters; a session owns its
// states. A token's launches, and those of the scores, are recorded once and asked for in one call each. Several tokens at once, and those
// of several sessions, are read in columns.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>A state on a card that tokens advance. Not thread-safe.</summary>
internal sealed class CudaDecodingSession : IDecodingSession
{
    private const int Threads = 128;
    private const int RowsOfBlock = 4;
    private readonly Card _card;
    private readonly CardParameters _parameters;
    private readonly CudaKernel _layer, _scores;

    // States [L, H], and behind them, with residual connections, what layers hand on.
    private readonly DeviceBuffer<float> _before;
    private readonly DeviceBuffer<float> _after, _logits;
    private readonly DeviceBuffer<int> _id;
    private readonly HostBuffer<int> _hostId;
    private readonly HostBuffer<float> _hostLogits;
    private readonly Recordings _recordings;

    // Managed, since it is handed out: whoever holds it may read it as long as he likes.
    private readonly float[] _handedOut;
    private bool _disposed;

    /// <summary>A session with a zero state over the parameters of <paramref name="columns"/>, which stay the caller's.</summary>
    public CudaDecodingSession(Card card, CardColumns columns)
    {
        (_card, _parameters, Columns) = (card, columns.Parameters, columns);
        card.Context.Enter();
        _layer = card.Kernel("decode", "decode_layer");
        _scores = card.Kernel("decode", "scores");
        using var scope = new AllocationScope(card.Context);
        _before = card.Context.Allocate<float>(StateLength * (Config.Residual ? 2 : 1));
        _after = card.Context.Allocate<float>(StateLength);
        _logits = card.Context.Allocate<float>(Config.VocabSize);
        _id = card.Context.Allocate<int>(1);
        _hostId = card.Context.AllocateHost<int>(1);
        _hostLogits = card.Context.AllocateHost<float>(Config.VocabSize);
        _handedOut = new float[Config.VocabSize];
        _recordings = new Recordings(card.Context);
        scope.Keep();
    }

    /// <inheritdoc/>
    public GruConfig Config => _parameters.Config;

    /// <summary>What reads several tokens of it at once, and it beside other sessions.</summary>
    public CardColumns Columns { get; }

    /// <summary>Where its states are on the card: [L, H], and with residual connections as many numbers that layers hand on.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public DevicePointer State => _before.At(0);

    private int Units => Config.HiddenDim;

    private int StateLength => Config.NumLayers * Units;

    /// <inheritdoc/>
    public void Read(int id)
    {
        Enter();
        SessionChecks.Id(id, Config.VocabSize);

        // The copy of the id before may still be on its way.
        _card.Context.Synchronize();
        _hostId.Span[0] = id;
        _recordings.Run(new RecordedShape(1, 1, 0, Training: true), ReadToken);
    }

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<int> ids)
    {
        Enter();
        SessionChecks.Ids(ids, Config.VocabSize);
        if (ids.Length == 1) Read(ids[0]);
        else Columns.Read(this, ids, []);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits()
    {
        Enter();
        _recordings.Run(new RecordedShape(1, 1, 0, Training: false), Score);
        _card.Context.Synchronize();
        _hostLogits.Span.CopyTo(_handedOut);
        return _handedOut;
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
        foreach (DeviceBuffer<float> buffer in (DeviceBuffer<float>[])[_before, _after, _logits]) buffer.Dispose();
        _id.Dispose();
        _hostId.Dispose();
        _hostLogits.Dispose();
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _card.Context.Enter();
    }

    private void ReadToken()
    {
        _card.Context.UploadAsync(_id, _hostId, 1);
        for (int l = 0; l < Config.NumLayers; l++)
        {
            DecodeLayerArguments arguments = Arguments(l);
            int shared = (arguments.Inputs + 33) * sizeof(float);
            _card.Context.Launch(_layer, new Grid((Units + RowsOfBlock - 1) / RowsOfBlock), Threads, shared, arguments);
        }

        _card.Context.Copy(_after, 0, _before, 0, StateLength);
    }

    private DecodeLayerArguments Arguments(int l)
    {
        bool normalises = Config.LayerNorm && l > 0, adds = Config.Residual && l > 0, isBf16 = _card.UsesBf16;
        PlaneRows input = _parameters.Input(l), state = _parameters.State(l);
        return new DecodeLayerArguments
        {
            Input = isBf16 ? input.First : _parameters.Tensor(ParameterRole.InputWeights, l),
            State = isBf16 ? state.First : _parameters.Tensor(ParameterRole.RecurrentWeights, l),
            BiasInput = _parameters.Tensor(ParameterRole.InputBias, l),
            BiasState = _parameters.Tensor(ParameterRole.RecurrentBias, l),
            Gain = normalises ? _parameters.Tensor(ParameterRole.NormGain, l) : default,
            Shift = normalises ? _parameters.Tensor(ParameterRole.NormBias, l) : default,
            Below = l == 0 ? _parameters.Tensor(ParameterRole.Embedding, 0) : Output(_after, l - 1),
            Id = l == 0 ? _id.At(0) : default,
            Before = _before.At((long)l * Units),
            After = _after.At((long)l * Units),
            Handed = adds ? Handed(l) : default,
            Inputs = Config.InputDim(l),
            Units = Units,
            InputRow = isBf16 ? input.Row : Config.InputDim(l),
            StateRow = isBf16 ? state.Row : Units,
            Gate = isBf16 ? _parameters.PaddedHidden : Units,
        };
    }

    private void Score()
    {
        bool isBf16 = _card.UsesBf16;
        ParameterRole role = Config.TieWeights ? ParameterRole.Embedding : ParameterRole.Output;
        var arguments = new ScoreArguments
        {
            Weights = isBf16 ? _parameters.Output.First : _parameters.Tensor(role, 0),
            Top = Output(_before, Config.NumLayers - 1),
            Scores = _logits.At(0),
            Vocabulary = Config.VocabSize,
            Units = Units,
            Row = isBf16 ? _parameters.Output.Row : Units,
        };
        int blocks = (Config.VocabSize + RowsOfBlock - 1) / RowsOfBlock;
        _card.Context.Launch(_scores, new Grid(blocks), Threads, 0, arguments);
        _card.Context.DownloadAsync(_logits, _hostLogits, Config.VocabSize);
    }

    // What layer l hands on.
    private DevicePointer Output(DeviceBuffer<float> states, int l) =>
        Config.Residual && l > 0 ? Handed(l) : states.At((long)l * Units);

    private DevicePointer Handed(int l) => _before.At(StateLength + ((long)l * Units));
}
