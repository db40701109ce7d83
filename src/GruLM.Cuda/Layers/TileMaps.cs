// Maps of matrices in planes for Hopper's copy engine, which brings tiles of them into shared memory in the order that its tensor
// operations read: the sixteen-byte pieces of a row are shifted by the row's number (a swizzle of 128 or 64 bytes).

namespace GruLM.Cuda;

/// <summary>Makes maps. Thread-safe: it has no state.</summary>
internal static unsafe class TileMaps
{
    private const int BFloat16 = 9;
    private const int Swizzle64 = 2;
    private const int Swizzle128 = 3;
    private const int Promotion256 = 3;
    private const int NumbersOf128Bytes = 64;

    /// <summary>The map of a factor whose <paramref name="k"/> lies in its rows (<paramref name="alongK"/>) or across them.</summary>
    /// <param name="factor">Where it lies.</param>
    /// <param name="planes">Its planes, which a tile holds all of.</param>
    /// <param name="alongK">Whether a row holds the numbers of all k.</param>
    /// <param name="outer">Rows or columns of the product that it has.</param>
    /// <param name="k">Summands; tiles are zero behind them.</param>
    /// <param name="tile">Rows or columns, and k, of a tile.</param>
    public static TensorMap Create(PlaneRows factor, int planes, bool alongK, int outer, int k, (int Outer, int K) tile)
    {
        ulong* sizes = stackalloc ulong[3] { (ulong)(alongK ? k : outer), (ulong)(alongK ? outer : k), (ulong)planes };
        ulong* strides = stackalloc ulong[2] { (ulong)factor.Row * sizeof(ushort), (ulong)factor.Plane * sizeof(ushort) };
        uint* box = stackalloc uint[3]
        {
            (uint)(alongK ? tile.K : NumbersOf128Bytes), (uint)(alongK ? tile.Outer : tile.K), (uint)planes,
        };
        uint* steps = stackalloc uint[3] { 1, 1, 1 };
        int swizzle = alongK && tile.K < NumbersOf128Bytes ? Swizzle64 : Swizzle128;

        // The driver writes to multiples of 64 bytes only.
        byte* room = stackalloc byte[sizeof(TensorMap) + 63];
        var map = (TensorMap*)(((nuint)room + 63) / 64 * 64);
        int result = CudaDriver.EncodeTiles(
            map, BFloat16, 3, factor.First.Address, sizes, strides, box, steps, 0, swizzle, Promotion256, 0);
        CudaDriver.Check(result, $"describe a matrix of {outer} x {k}");
        return *map;
    }
}
