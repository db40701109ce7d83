// The card's memory of a training step or an evaluation besides parameters and gradients. Shapes: T steps, B' lanes padded to 16, N = T·B'
// tokens, E' and H' padded to 32. Buffers in planes have one or three, each as long as the shape says. Rows of slack at the end are read by
// tiles that reach over the last lanes, and not used.

using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Buffers for batches of up to <see cref="Tokens"/> tokens in up to <see cref="Lanes"/> lanes.</summary>
internal sealed class CardWorkspace : IDisposable
{
    private const int SlackRows = 64;
    private const int NormRows = 64;
    private const int LongestChunk = 2048;
    private const int ShortestChunk = 256;
    private const long MostLogits = 1L << 26;
    private readonly List<IDisposable> _buffers = [];
    private readonly CudaContext _context;
    private readonly int _planes;

    /// <summary>Allocates everything.</summary>
    public CardWorkspace(Card card, GruConfig config, Regularisation regularisation, int tokens, int lanes, bool training)
    {
        (_context, _planes, Tokens, Lanes, Training) = (card.Context, card.Planes, tokens, lanes, training);
        using var scope = new AllocationScope(_context);
        long e = Card.PadUnits(config.EmbeddingDim), h = Card.PadUnits(config.HiddenDim);
        int layers = config.NumLayers, above = layers - 1;
        ChunkRows = RowsOfChunk(tokens, config.VocabSize);
        LogitRow = Card.PadUnits(config.VocabSize);
        Integers = Plain<int>((2L * tokens) + lanes + EmbeddingSegments.Length(training ? tokens : 0));
        HostIntegers = Track(_context.AllocateHost<int>(Integers.Length));
        Embedded = Planes(tokens * e);
        Gates = Each(training ? layers : 1, () => Plain<float>(tokens * 3 * h));
        Candidates = Each(training ? layers : 1, () => Plain<float>(tokens * h));
        States = Each(layers, () => Plain<float>((tokens + lanes) * h));
        StatePlanes = Each(layers, () => Planes((tokens + lanes + SlackRows) * h));
        bool alwaysBetween = config.LayerNorm || (training && config.Dropout > 0);
        Between = [.. Enumerable.Range(1, above).Select(l => Planes(alwaysBetween || (config.Residual && l > 1) ? tokens * h : 0))];
        Statistics = Each(config.LayerNorm ? above : 0, () => Plain<float>(2L * tokens));
        Outputs = Each(config.Residual ? above : 0, () => Plain<float>(tokens * h));
        Top = Planes((config.Residual && layers > 1) || (training && regularisation.OutputDropout > 0) ? tokens * h : 0);
        Logits = Plain<float>((long)ChunkRows * LogitRow);
        Nll = Plain<float>(tokens);
        Correct = Plain<int>(tokens);
        Sums = Plain<double>(4);
        HostSums = Track(_context.AllocateHost<double>(4));
        long forTraining = training ? tokens : 0;
        DLogits = Planes(training ? Math.Max((long)ChunkRows * LogitRow, (tokens + SlackRows) * 4L * h) : 0);
        DState = Plain<float>(forTraining * h);
        DInput = e <= 3 * h ? Gates[^1] : Plain<float>(forTraining * e);
        DBias = Plain<float>(training ? (lanes / 16) * 4 * h : 0);
        Scattered = Plain<float>(training ? EmbeddingSegments.MostParts(tokens) * e : 0);
        NormParts = Plain<float>(training && config.LayerNorm ? (NormRows + 1) * 2 * h : 0);
        StepProducts = Plain<float>(lanes * 3 * h);
        Kept = Plain<float>(training ? lanes * h : 0);
        Done = Plain<uint>(2L * layers * (lanes / 16) * h);
        scope.Keep();
    }

    public int Tokens { get; }

    public int Lanes { get; }

    public bool Training { get; }

    /// <summary>Rows of logits at a time.</summary>
    public int ChunkRows { get; }

    /// <summary>V, padded.</summary>
    public int LogitRow { get; }

    /// <summary>Ids [N], targets [N], fresh lanes [B'], and what EmbeddingSegments writes.</summary>
    public DeviceBuffer<int> Integers { get; }

    public HostBuffer<int> HostIntegers { get; }

    /// <summary>Embedded inputs [N, E'], in planes.</summary>
    public DeviceBuffer<ushort> Embedded { get; }

    /// <summary>Projections, then gates [N, 3H']; one layer's where nothing goes backward.</summary>
    public DeviceBuffer<float>[] Gates { get; }

    /// <summary>q [N, H'].</summary>
    public DeviceBuffer<float>[] Candidates { get; }

    /// <summary>States before the first step and after each, [T + 1, B', H'].</summary>
    public DeviceBuffer<float>[] States { get; }

    /// <summary>The same in planes.</summary>
    public DeviceBuffer<ushort>[] StatePlanes { get; }

    /// <summary>What layers above the first read, where that is not the states below: [N, H'] in planes.</summary>
    public DeviceBuffer<ushort>[] Between { get; }

    /// <summary>Mean and reciprocal deviation of normalised rows [N, 2].</summary>
    public DeviceBuffer<float>[] Statistics { get; }

    /// <summary>What layers above the first hand on with residual connections [N, H'].</summary>
    public DeviceBuffer<float>[] Outputs { get; }

    /// <summary>What the output layer reads, where that is not the last states: [N, H'] in planes.</summary>
    public DeviceBuffer<ushort> Top { get; }

    /// <summary>A chunk of logits, rows LogitRow long.</summary>
    public DeviceBuffer<float> Logits { get; }

    /// <summary>Their gradients in planes.</summary>
    public DeviceBuffer<ushort> DLogits { get; }

    /// <summary>Losses of tokens [N].</summary>
    public DeviceBuffer<float> Nll { get; }

    public DeviceBuffer<int> Correct { get; }

    /// <summary>Loss, counted tokens, correct ones; and the sum of the gradients' squares.</summary>
    public DeviceBuffer<double> Sums { get; }

    public HostBuffer<double> HostSums { get; }

    /// <summary>Gradient of what a layer hands on [N, H'].</summary>
    public DeviceBuffer<float> DState { get; }

    /// <summary>Gradient of what a layer has read [N, H'] or [N, E']: where they fit, in place of the last layer's gates, which are done
    /// with when it is written first.</summary>
    public DeviceBuffer<float> DInput { get; }

    /// <summary>dar, daz, dan, dq [N, 4H'] in planes, in place of the logits' gradients, which are done with by then. Padding is not zero
    /// before it is cleared.</summary>
    public DeviceBuffer<ushort> DGates => DLogits;

    /// <summary>Their sums over lanes and steps, [lane tiles, 4, H'].</summary>
    public DeviceBuffer<float> DBias { get; }

    /// <summary>Parts of rows of the embedding's gradient.</summary>
    public DeviceBuffer<float> Scattered { get; }

    public DeviceBuffer<float> NormParts { get; }

    /// <summary>One step's recurrent products [B', 3H'], where the recurrence is made step by step.</summary>
    public DeviceBuffer<float> StepProducts { get; }

    public DeviceBuffer<float> Kept { get; }

    /// <summary>Steps that each block of each recurrence has published.</summary>
    public DeviceBuffer<uint> Done { get; }

    /// <summary>Whether a batch fits.</summary>
    public bool Fits(int tokens, int lanes, bool training) => tokens <= Tokens && lanes <= Lanes && (Training || !training);

    /// <inheritdoc/>
    public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());

    // Few rows keep memory small, many keep the products large.
    private static int RowsOfChunk(int tokens, int vocabSize)
    {
        long rows = Math.Clamp(tokens / 4, ShortestChunk, LongestChunk);
        rows = Math.Max(ShortestChunk, Math.Min(rows, MostLogits / vocabSize));
        return (int)Math.Min(tokens, (rows + 127) / 128 * 128);
    }

    private DeviceBuffer<ushort> Planes(long numbers) => Plain<ushort>(numbers * _planes);

    private DeviceBuffer<T> Plain<T>(long length)
        where T : unmanaged => Track(_context.Allocate<T>(length));

    private T Track<T>(T buffer)
        where T : IDisposable
    {
        _buffers.Add(buffer);
        return buffer;
    }

    private static DeviceBuffer<T>[] Each<T>(int count, Func<DeviceBuffer<T>> create)
        where T : unmanaged => [.. Enumerable.Range(0, count).Select(_ => create())];
}
