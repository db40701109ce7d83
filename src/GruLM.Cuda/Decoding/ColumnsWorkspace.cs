// The card's memory of texts that are read together. Shapes: C columns; E' and H' padded to 32. Padding is zero from the start, and nothing
// is written there.

using System.Runtime.InteropServices;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Buffers for up to <see cref="Capacity"/> columns.</summary>
internal sealed class ColumnsWorkspace : IDisposable
{
    private readonly List<IDisposable> _buffers = [];
    private readonly CudaContext _context;
    private readonly GruConfig _config;
    private readonly DeviceBuffer<ulong> _staged;
    private readonly HostBuffer<ulong> _hostStaged;
    private readonly DeviceBuffer<float> _before, _after;
    private DeviceBuffer<float>? _scores;

    /// <summary>Allocates everything but room for scores; <paramref name="capacity"/> is a multiple of 16.</summary>
    public ColumnsWorkspace(CudaContext context, GruConfig config, int capacity)
    {
        (_context, _config, Capacity) = (context, config, capacity);
        using var scope = new AllocationScope(context);
        (EmbeddedRow, Row) = (Card.PadUnits(config.EmbeddingDim), Card.PadUnits(config.HiddenDim));

        // Where the texts are, and behind them the ids, so that one copy brings both.
        _staged = Track(context.Allocate<ulong>(capacity + (capacity / 2)));
        _hostStaged = Track(context.AllocateHost<ulong>(_staged.Length));
        Embedded = Plain((long)capacity * EmbeddedRow);
        Normalised = Plain(config.LayerNorm && config.NumLayers > 1 ? (long)capacity * Row : 0);
        _before = Plain(Layer * config.NumLayers);
        _after = Plain(Layer * config.NumLayers * (config.Residual ? 2 : 1));
        Input = Plain(3L * capacity * config.HiddenDim);
        scope.Keep();
    }

    /// <summary>Columns that there is room for.</summary>
    public int Capacity { get; }

    /// <summary>E'.</summary>
    public int EmbeddedRow { get; }

    /// <summary>H'.</summary>
    public int Row { get; }

    /// <summary>Numbers of a layer's states: C H'.</summary>
    public long Layer => (long)Capacity * Row;

    /// <summary>Where the numbers of each column's text are [C].</summary>
    public DevicePointer Texts => _staged.At(0);

    /// <summary>The tokens [C].</summary>
    public DevicePointer Ids => _staged.At(Capacity);

    /// <summary>Embedded tokens [C, E'].</summary>
    public DeviceBuffer<float> Embedded { get; }

    /// <summary>What a layer reads where that is normalised [C, H'].</summary>
    public DeviceBuffer<float> Normalised { get; }

    /// <summary>What a layer's input gives its gates [C, 3H].</summary>
    public DeviceBuffer<float> Input { get; }

    /// <summary>Scores [C, V], which were needed.</summary>
    public DeviceBuffer<float> Scores => _scores!;

    /// <summary>States before the token: those of a layer, [C, H'], from a column on.</summary>
    public DevicePointer Before(int layer, int column = 0) => _before.At((layer * Layer) + ((long)column * Row));

    /// <summary>States after the token, likewise; layers from L on are what layers hand on where that is not their state.</summary>
    public DevicePointer After(int layer, int column = 0) => _after.At((layer * Layer) + ((long)column * Row));

    /// <summary>What a layer hands on, likewise.</summary>
    public DevicePointer Handed(int layer, int column = 0) =>
        After(_config.Residual && layer > 0 ? _config.NumLayers + layer : layer, column);

    /// <summary>Writes texts and ids where <see cref="Upload"/> takes them from; other columns are nobody's. What was uploaded before must
    /// have arrived.</summary>
    public void Stage(ReadOnlySpan<CudaDecodingSession> texts, ReadOnlySpan<int> ids)
    {
        Span<ulong> staged = _hostStaged.Span;
        staged.Clear();
        for (int i = 0; i < texts.Length; i++) staged[i] = texts[i].State.Address;
        ids.CopyTo(MemoryMarshal.Cast<ulong, int>(staged[Capacity..]));
    }

    /// <summary>Makes room for scores, if there is none yet. Not while launches are recorded.</summary>
    public void NeedScores() => _scores ??= Plain((long)Capacity * _config.VocabSize);

    /// <summary>Copies what was staged to the card, asynchronously.</summary>
    public void Upload() => _context.UploadAsync(_staged, _hostStaged, _staged.Length);

    /// <inheritdoc/>
    public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());

    private DeviceBuffer<float> Plain(long length) => Track(_context.Allocate<float>(length));

    private T Track<T>(T buffer)
        where T : IDisposable
    {
        _buffers.Add(buffer);
        return buffer;
    }
}
