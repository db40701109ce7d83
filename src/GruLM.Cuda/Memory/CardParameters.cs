// The parameters on the card: the flat buffer of GruParameters as float32, which the optimizer changes, and the matrices in planes, which
// products read. Planes have rows padded to whole groups of units, and each gate's rows too; padding is zero from the start.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>A model's parameters on the card and in this machine's memory. One thread at a time.</summary>
internal sealed class CardParameters : IDisposable
{
    private const int TileSide = 32;
    private const int Gates = 3;
    private readonly Card _card;
    private readonly GruParameters _host;
    private readonly bool _owns;
    private readonly CudaKernel _kernel;
    private readonly DeviceBuffer<ushort> _planes;
    private readonly DeviceBuffer<PlaneJob> _jobs;
    private readonly long[] _input, _state, _stateTransposed;
    private readonly long _output;
    private readonly int _jobCount;
    private readonly int _tiles;
    private bool _hostIsOld;
    private long _followed = -1;

    /// <summary>Room for <paramref name="parameters"/>, which <see cref="Upload"/> or <see cref="Follow"/> copies there; with
    /// <paramref name="owns"/> they are disposed with it.</summary>
    public CardParameters(Card card, GruParameters parameters, bool owns)
    {
        (_card, _host, _owns) = (card, parameters, owns);
        int layers = Config.NumLayers;
        (_input, _state, _stateTransposed) = (new long[layers], new long[layers], new long[layers]);
        PaddedHidden = Card.PadUnits(Config.HiddenDim);
        PaddedEmbedding = Card.PadUnits(Config.EmbeddingDim);
        var jobs = new List<PlaneJob>();
        long length = 0;
        for (int l = 0; l < layers; l++)
        {
            int reads = l == 0 ? PaddedEmbedding : PaddedHidden;
            _input[l] = AddJob(jobs, View(ParameterRole.InputWeights, l), reads, transposes: false, ref length);
            _state[l] = AddJob(jobs, View(ParameterRole.RecurrentWeights, l), PaddedHidden, transposes: true, ref length);
            _stateTransposed[l] = jobs[^1].Transposed;
        }

        ParameterView output = Config.TieWeights ? View(ParameterRole.Embedding, 0) : View(ParameterRole.Output, 0);
        _output = AddJob(jobs, output, PaddedHidden, transposes: false, ref length);
        _jobCount = jobs.Count;
        _tiles = jobs[^1].FirstTile + TilesOf(jobs[^1]);
        _kernel = card.Kernel("update", "weight_planes");
        using var scope = new AllocationScope(card.Context);
        Values = card.Context.Allocate<float>(parameters.Length);
        _planes = card.Context.Allocate<ushort>(length * card.Planes);
        _jobs = card.Context.Allocate<PlaneJob>(jobs.Count);
        card.Context.Upload(_jobs, 0, jobs.ToArray());
        scope.Keep();
    }

    /// <summary>The sizes.</summary>
    public GruConfig Config => _host.Config;

    /// <summary>Units of a layer, padded: H'.</summary>
    public int PaddedHidden { get; }

    /// <summary>Numbers of an embedding, padded: E'.</summary>
    public int PaddedEmbedding { get; }

    /// <summary>The flat buffer.</summary>
    public DeviceBuffer<float> Values { get; }

    /// <summary>The output layer's weights [V, H'].</summary>
    public PlaneRows Output => Rows(_output, PaddedHidden);

    /// <summary>Length of what layer <paramref name="layer"/> reads, padded.</summary>
    public int PaddedInput(int layer) => layer == 0 ? PaddedEmbedding : PaddedHidden;

    /// <summary>The input weights [3H', E'] of a layer.</summary>
    public PlaneRows Input(int layer) => Rows(_input[layer], PaddedInput(layer));

    /// <summary>The recurrent weights [3H', H'] of a layer.</summary>
    public PlaneRows State(int layer) => Rows(_state[layer], PaddedHidden);

    /// <summary>The transpose of the recurrent weights, [H', 3H'].</summary>
    public PlaneRows StateTransposed(int layer) => Rows(_stateTransposed[layer], Gates * PaddedHidden);

    /// <summary>A tensor's place among the parameters.</summary>
    public ParameterView View(ParameterRole role, int layer) => _host.Views.First(view => view.Role == role && view.Layer == layer);

    /// <summary>A tensor in a buffer that is laid out like the parameters.</summary>
    public DevicePointer In(DeviceBuffer<float> buffer, ParameterRole role, int layer) => buffer.At(View(role, layer).Offset);

    /// <summary>A tensor of the parameters themselves.</summary>
    public DevicePointer Tensor(ParameterRole role, int layer) => In(Values, role, layer);

    /// <summary>The parameters in this machine's memory, as they are now.</summary>
    public unsafe GruParameters OnHost()
    {
        if (!_hostIsOld) return _host;
        _card.Context.Download(Values, 0, _host.Pointer, _host.Length);
        _hostIsOld = false;
        _host.Changed();
        return _host;
    }

    /// <summary>Says that the card's values have changed.</summary>
    public void Changed() => _hostIsOld = true;

    /// <summary>Copies the values of this machine's memory to the card.</summary>
    public unsafe void Upload()
    {
        _card.Context.Upload(Values, 0, _host.Pointer, _host.Length);
        _hostIsOld = false;
    }

    /// <summary>Copies the values of this machine's memory, which their owner has changed there, to the card.</summary>
    public void TakeOver()
    {
        _host.Changed();
        Upload();
    }

    /// <summary>Copies the values of this machine's memory to the card and makes the planes of them, where they have changed since it did
    /// so before: for parameters that others own.</summary>
    public void Follow()
    {
        long version = _host.Version;
        if (_followed == version) return;
        Upload();
        MakePlanes(CardDropout.None.Recurrent, default);
        _followed = version;
    }

    /// <summary>Makes the planes anew, recurrent weights under a mask.</summary>
    public void MakePlanes(Mask mask, DevicePointer numbers)
    {
        var arguments = new PlanesArguments
        {
            Parameters = Values.At(0),
            Planes = _planes.At(0),
            Plane = _planes.Length / _card.Planes,
            Jobs = _jobs.At(0),
            Numbers = numbers,
            Mask = mask,
            Count = _jobCount,
        };
        _card.Context.Launch(_kernel, new Grid(_tiles), 256, TileSide * (TileSide + 1) * sizeof(float), arguments);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        _planes.Dispose();
        _jobs.Dispose();
        if (_owns) _host.Dispose();
    }

    private PlaneRows Rows(long first, int row) => new(_planes.At(first), _planes.Length / _card.Planes, row);

    // Appends the planes of a tensor, and those of its transpose; returns where they begin.
    private static long AddJob(List<PlaneJob> jobs, ParameterView view, int row, bool transposes, ref long length)
    {
        int gates = view.IsGruMatrix ? Gates : 1, group = view.Rows / gates, padded = view.IsGruMatrix ? Card.PadUnits(group) : group;
        long target = length;
        length += (long)gates * padded * row;
        long transposed = transposes ? length : -1;
        if (transposes) length += (long)row * gates * padded;
        bool isRecurrent = view.Role == ParameterRole.RecurrentWeights;
        jobs.Add(new PlaneJob
        {
            Source = view.Offset,
            Target = target,
            Transposed = transposed,
            FirstTile = jobs.Count == 0 ? 0 : jobs[^1].FirstTile + TilesOf(jobs[^1]),
            Rows = view.Rows,
            Columns = view.Columns,
            Group = group,
            PaddedGroup = padded,
            RowLength = row,
            TransposedRowLength = gates * padded,
            MaskPlace = isRecurrent ? (int)DropoutPlace.Recurrent + view.Layer : -1,
        });
        length = (length + 63) / 64 * 64;
        return target;
    }

    private static int TilesOf(PlaneJob job) => (job.Rows + TileSide - 1) / TileSide * ((job.Columns + TileSide - 1) / TileSide);
}
