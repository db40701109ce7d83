// Matrix products on the card (products.cu): which kernel, and into how many parts of k a product is split when its result has too few tiles
// to occupy the card. Parts are added up in their order, so that the bits do not depend on which block was first.

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
/// rows only the first <paramref name="Kept"/> have a place. With a bias it is the columns that are grouped, and each has one.</summary>
internal readonly record struct ProductTarget(
    DevicePointer C, long Row, bool Add = false, DevicePointer Bias = default, int Group = 1, int Kept = 1);

/// <summary>Makes products. One thread at a time.</summary>
internal sealed class CardProducts : IDisposable
{
    private const int Tile = 128;
    private const int Threads = 256;
    private const int MostParts = 16;

    // A part shorter than this many steps of a tile spends its time on beginning and ending.
    private const int FewestSteps = 4;
    private const long PartNumbers = 1 << 22;

    private readonly Card _card;
    private readonly CudaKernel[] _kernels;
    private readonly CudaKernel _sumParts;
    private readonly DeviceBuffer<float> _parts;

    /// <summary>Loads the kernels.</summary>
    public CardProducts(Card card)
    {
        _card = card;
        _kernels = [card.Kernel("products", "product_nt"), card.Kernel("products", "product_nn"), card.Kernel("products", "product_tn")];
        _sumParts = card.Kernel("update", "sum_parts", hasPrecision: false);
        _parts = card.Context.Allocate<float>(PartNumbers);
    }

    private int Depth => _card.UsesBf16 ? 64 : 32;

    private int SharedBytes => 3 * 2 * Tile * Depth * sizeof(ushort) * _card.Planes;

    /// <summary>A product of m rows, n columns and k summands.</summary>
    public void Multiply(ProductKind kind, PlaneRows a, PlaneRows b, int m, int n, int k, ProductTarget target)
    {
        int tiles = (m + Tile - 1) / Tile * ((n + Tile - 1) / Tile), steps = (k + Depth - 1) / Depth;
        int parts = Parts(tiles, steps, (long)m * n), stepsOfPart = (steps + parts - 1) / parts;
        parts = (steps + stepsOfPart - 1) / stepsOfPart;
        bool split = parts > 1;
        var arguments = new ProductArguments
        {
            A = a.First,
            B = b.First,
            C = split ? _parts.At(0) : target.C,
            Bias = split ? default : target.Bias,
            PlaneA = a.Plane,
            PlaneB = b.Plane,
            RowA = a.Row,
            RowB = b.Row,
            RowC = split ? n : target.Row,
            PartC = (long)m * n,
            M = m,
            N = n,
            K = k,
            PartK = stepsOfPart * Depth,
            Add = target.Add && !split ? 1 : 0,
            Group = split ? 1 : target.Group,
            Kept = split ? 1 : target.Kept,
        };
        _card.Context.Launch(_kernels[(int)kind], new Grid(tiles, 1, parts), Threads, SharedBytes, arguments);
        if (split) SumParts(parts, m, n, target);
    }

    /// <inheritdoc/>
    public void Dispose() => _parts.Dispose();

    private int Parts(int tiles, int steps, long numbers)
    {
        int resident = _card.Context.Multiprocessors * (_card.UsesBf16 ? 2 : 1);
        if (tiles * 2 > resident) return 1;
        int byRoom = (int)Math.Min(MostParts, PartNumbers / numbers);
        return Math.Clamp(Math.Min(resident / tiles, steps / FewestSteps), 1, Math.Max(1, byRoom));
    }

    private void SumParts(int parts, int m, int n, ProductTarget target)
    {
        var arguments = new PartsArguments
        {
            Parts = _parts.At(0),
            C = target.C,
            Bias = target.Bias,
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
}
