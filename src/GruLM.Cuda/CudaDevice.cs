// An NVIDIA card as a device: models and sessions on it. Nothing but the card's driver is needed.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Computes on an NVIDIA card. One thread at a time uses it and what it has made.</summary>
public sealed class CudaDevice : IDevice
{
    private readonly Card _card;
    private readonly Lazy<Compute> _compute;
    private readonly Dictionary<GruParameters, CardColumns> _decoded = [];

    private CudaDevice(Card card, int threads)
    {
        _card = card;
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _compute = new Lazy<Compute>(() => Compute.Create(threads, Precision.Fp32));
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

    /// <summary>This machine's threads, for what sessions leave to it.</summary>
    internal Compute Compute => _compute.Value;

    /// <summary>A session that reads and writes one text; the parameters stay the caller's.</summary>
    internal CudaDecodingSession CreateSession(GruParameters parameters) => new(_card, OnCard(parameters));

    /// <summary>Whether sessions that read by <paramref name="columns"/> are those of <paramref name="parameters"/> here.</summary>
    internal bool Knows(GruParameters parameters, CardColumns columns) =>
        _decoded.TryGetValue(parameters, out CardColumns? known) && known == columns;

    /// <summary>Memory of the card that buffers took at most so far.</summary>
    internal long PeakBytes => _card.Context.PeakBytes;

    /// <summary>So many texts that are written together; the parameters stay the caller's.</summary>
    internal CudaDecodingBatch CreateBatch(GruParameters parameters, int sessions, double temperature, ulong seed) =>
        new(_card, OnCard(parameters).Parameters, sessions, temperature, seed);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CardColumns columns in _decoded.Values)
        {
            columns.Dispose();
            columns.Parameters.Dispose();
        }

        _decoded.Clear();
        _card.Dispose();
        if (_compute.IsValueCreated) _compute.Value.Dispose();
    }

    private CardColumns OnCard(GruParameters parameters)
    {
        _card.Context.Enter();
        if (!_decoded.TryGetValue(parameters, out CardColumns? known))
        {
            var onCard = new CardParameters(_card, parameters, owns: false);
            known = new CardColumns(_card, onCard);
            _decoded.Add(parameters, known);
        }

        // They may have been trained since the last session was made.
        known.Parameters.Follow();
        return known;
    }
}
