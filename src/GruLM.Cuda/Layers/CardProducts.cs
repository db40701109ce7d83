// Matrix products on the card (products.cu): which kernel, and into how many parts of k a product is split when its result has too few
// tiles to occupy the card. Parts are added up in their order, so that the bits do not depend on which block was first.

namespace GruLM.Cuda;

/// <summary>How the factors of a product lie.</summary>
internal enum ProductKind
{
    /// <summary>A [m, k] times the transpose of B [n, k].</summary>
    RowsByRows,

    /// <summary>A [m, k] times B [k, n].</summary>
    RowsByColumns,

    /// <summary>The transpose of A [k, m] times B [k, n].</summary>
    ColumnsByColumns,
}

/// <summary>Where a product goes: rows <paramref name="Row"/> apart, over what is there or added to it. Of each <paramref name="Group"/>
/// rows only the first <paramref name="Kept"/> have a place.</summary>
internal readonly record struct ProductTarget(DevicePointer C, long Row, bool Add = false, int Group = 1, int Kept = 1);

/// <summary>Makes products. One thread at a time.</summary>
internal sealed class CardProducts : IDisposable
{
    private const int TileRows = 128;
    private const int Threads = 256;
    private const int HopperThreads = 384;
    private const int HopperStageBytes = 224 * 1024;
    private const int MostStages = 6;
    private const int BytesOfBarriers = 2 * 8;
    private const int MostParts = 16;

    // A part shorter than this many steps of a tile spends its time on beginning and ending.
    private const int FewestSteps = 4;
    private const long PartNumbers = 1 << 22;

    private readonly Card _card;
    private readonly bool _isHopper;
    private readonly CudaKernel[] _narrow, _wide;
    private readonly CudaKernel _sumParts;
    private readonly DeviceBuffer<float> _parts;

    /// <summary>Loads the kernels.</summary>
    public CardProducts(Card card)
    {
        _card = card;
        _isHopper = card.IsHopper;
        string[] kinds = ["nt", "nn", "tn"];
        string hopper = card.UsesBf16 ? "products_hopper_bf16" : "products_hopper_fp32";
        _narrow = _isHopper
            ? [.. kinds.Select(kind => card.Kernel(hopper, $"product_{kind}_128"))]
            : [.. kinds.Select(kind => card.Kernel("products", $"product_{kind}"))];
        _wide = _isHopper ? [.. kinds.Select(kind => card.Kernel(hopper, $"product_{kind}_256"))] : _narrow;
        _sumParts = card.Kernel("update", "sum_parts", hasPrecision: false);
        _parts = card.Context.Allocate<float>(PartNumbers);
    }

    private int Depth => _card.UsesBf16 ? 64 : 32;

    private int Multiprocessors => _card.Context.Multiprocessors;

    /// <summary>A product of m rows, n columns and k summands.</summary>
    public void Multiply(ProductKind kind, PlaneRows a, PlaneRows b, int m, int n, int k, ProductTarget target)
    {
        int columns = _isHopper && IsWide(m, n, k) ? 256 : 128;
        int tiles = (m + TileRows - 1) / TileRows * ((n + columns - 1) / columns), steps = (k + Depth - 1) / Depth;
        int parts = Parts(tiles, steps, (long)m * n), stepsOfPart = (steps + parts - 1) / parts;
        parts = (steps + stepsOfPart - 1) / stepsOfPart;
        bool split = parts > 1;
        ProductTarget whole = split ? new ProductTarget(_parts.At(0), n) : target;
        var grid = new Grid(tiles, 1, parts);
        if (_isHopper) LaunchHopper(kind, a, b, new Shape(m, n, k, stepsOfPart * Depth, columns), whole, grid);
        else Launch(kind, a, b, new Shape(m, n, k, stepsOfPart * Depth, columns), whole, grid);
        if (split) SumParts(parts, m, n, target);
    }

    /// <inheritdoc/>
    public void Dispose() => _parts.Dispose();

    // Wide tiles read less for each product, where there are enough of them.
    private bool IsWide(int m, int n, int k)
    {
        int tiles = (m + TileRows - 1) / TileRows * ((n + 255) / 256), steps = (k + Depth - 1) / Depth;
        return n > 128 && tiles * Math.Max(1, steps / (2 * FewestSteps)) * 5 >= Multiprocessors * 4;
    }

    private int Parts(int tiles, int steps, long numbers)
    {
        int resident = Multiprocessors * (_card.UsesBf16 && !_isHopper ? 2 : 1);
        if (tiles * 2 > resident) return 1;
        int byRoom = (int)Math.Min(MostParts, PartNumbers / numbers);
        return Math.Clamp(Math.Min(resident / tiles, steps / FewestSteps), 1, Math.Max(1, byRoom));
    }

    private void Launch(ProductKind kind, PlaneRows a, PlaneRows b, Shape shape, ProductTarget target, Grid grid)
    {
        var arguments = new ProductArguments
        {
            A = a.First,
            B = b.First,
            C = target.C,
            PlaneA = a.Plane,
            PlaneB = b.Plane,
            RowA = a.Row,
            RowB = b.Row,
            RowC = target.Row,
            PartC = (long)shape.M * shape.N,
            M = shape.M,
            N = shape.N,
            K = shape.K,
            PartK = shape.PartK,
            Add = target.Add ? 1 : 0,
            Group = target.Group,
            Kept = target.Kept,
        };
        int stages = _card.UsesBf16 ? 3 : 2, shared = stages * 2 * TileRows * Depth * sizeof(ushort) * _card.Planes;
        _card.Context.Launch(_narrow[(int)kind], grid, Threads, shared, arguments);
    }

    private void LaunchHopper(ProductKind kind, PlaneRows a, PlaneRows b, Shape shape, ProductTarget target, Grid grid)
    {
        var arguments = new HopperProductArguments
        {
            MapA = TileMaps.Create(
                a, _card.Planes, kind != ProductKind.ColumnsByColumns, shape.M, shape.K, (TileRows, Depth)),
            MapB = TileMaps.Create(b, _card.Planes, kind == ProductKind.RowsByRows, shape.N, shape.K, (shape.Columns, Depth)),
            C = target.C,
            RowC = target.Row,
            PartC = (long)shape.M * shape.N,
            M = shape.M,
            N = shape.N,
            K = shape.K,
            PartK = shape.PartK,
            Add = target.Add ? 1 : 0,
            Group = target.Group,
            Kept = target.Kept,
        };
        int stage = _card.Planes * (TileRows + shape.Columns) * Depth * sizeof(ushort);
        int stages = Math.Min(MostStages, HopperStageBytes / stage);
        CudaKernel kernel = (shape.Columns == 256 ? _wide : _narrow)[(int)kind];
        _card.Context.Launch(kernel, grid, HopperThreads, stages * (stage + BytesOfBarriers), arguments);
    }

    private void SumParts(int parts, int m, int n, ProductTarget target)
    {
        var arguments = new PartsArguments
        {
            Parts = _parts.At(0),
            C = target.C,
            RowC = target.Row,
            Count = parts,
            M = m,
            N = n,
            Group = target.Group,
            Kept = target.Kept,
            Add = target.Add ? 1 : 0,
        };
        _card.ForEach(_sumParts, (long)m * n, arguments);
    }

    private readonly record struct Shape(int M, int N, int K, int PartK, int Columns);
}
