// An NVIDIA card as a device: models and sessions on it. Nothing but the card's driver is needed.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Computes on an NVIDIA card. One thread at a time uses it and what it has made.</summary>
public sealed class CudaDevice : IDevice
{
    private readonly Card _card;
    private readonly Dictionary<GruParameters, DecodedModel> _decoded = [];
    private ThreadTeam? _team;
    private bool _disposed;

    private CudaDevice(Card card, int threads)
    {
        _card = card;
        Threads = threads == 0 ? ThreadTeam.Processors : threads;
    }

    /// <inheritdoc/>
    public string Description => $"{_card.Context.Name}, {PrecisionName}";

    /// <inheritdoc/>
    public string Kernels => $"cuda {_card.Context.Major}.{_card.Context.Minor} {PrecisionName}";

    /// <inheritdoc/>
    public int Threads { get; }

    /// <inheritdoc/>
    public bool UsesBf16 => _card.UsesBf16;

    private string PrecisionName => _card.UsesBf16 ? "bf16" : "fp32";

    /// <summary>Opens the card, for bfloat16 unless float32 is asked for.</summary>
    /// <exception cref="CudaException">This machine has none that will do.</exception>
    public static CudaDevice Open(DeviceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new CudaDevice(new Card(CudaContext.Open(), options.Precision != Precision.Fp32), options.Threads);
    }

    /// <summary>Whether this machine has a card that will do; otherwise <paramref name="reason"/> says why not.</summary>
    public static bool IsAvailable(out string reason) => CudaContext.IsAvailable(out reason);

    /// <inheritdoc/>
    public ITrainableModel CreateModel(GruConfig config, ModelOptions options)
    {
        options.Validate();
        var parameters = new GruParameters(config);
        try
        {
            using var compute = Compute.Create(1, Precision.Fp32);
            ParameterInitializer.Fill(parameters, options.Seed, compute.Team);
            return CreateModel(parameters, options);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ITrainableModel CreateModel(GruParameters parameters, ModelOptions options) => new CudaGruModel(_card, parameters, options);

    /// <inheritdoc/>
    public IDecoder CreateDecoder(GruParameters parameters, WeightFormat weights) => weights == WeightFormat.Int8
        ? throw new ArgumentException("'Weights = Int8' is for the processor; a card decodes in float32")
        : new CudaDecoder(this, parameters);

    /// <summary>This machine's threads, for what sessions leave to it; they begin when they are asked for.</summary>
    internal ThreadTeam Team
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _team ??= new ThreadTeam(Threads);
        }
    }

    /// <summary>A session that reads and writes one text; the parameters stay the caller's.</summary>
    internal CudaDecodingSession CreateSession(GruParameters parameters) => new(_card, OnCard(parameters));

    /// <summary>Memory of the card that buffers took at most so far.</summary>
    internal long PeakBytes => _card.Context.PeakBytes;

    /// <summary>So many texts that are written together; the parameters stay the caller's.</summary>
    internal CudaDecodingBatch CreateBatch(GruParameters parameters, int sessions, double temperature, ulong seed) =>
        new(_card, OnCard(parameters).Parameters, sessions, temperature, seed);

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        foreach (DecodedModel model in _decoded.Values) model.Dispose();
        _decoded.Clear();
        _card.Dispose();
        _team?.Dispose();
    }

    private DecodedModel OnCard(GruParameters parameters)
    {
        _card.Context.Enter();
        if (!_decoded.TryGetValue(parameters, out DecodedModel? known))
        {
            known = new DecodedModel(_card, parameters);
            _decoded.Add(parameters, known);
        }

        // They may have been trained since the last session was made.
        known.Parameters.Follow();
        return known;
    }
}
