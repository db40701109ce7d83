// What the machine code of Avx512VnniAssembler reads.

using System.Runtime.InteropServices;

namespace GruLM.Kernels;

/// <summary>Tiles: in each some blocks of sixteen rows times some vectors of activations.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Avx512VnniArguments
{
    /// <summary>The first block of weights, and the bytes from one block of a tile to the next one, and from tile to tile.</summary>
    public sbyte* Weights;
    public nint BlocksApart;
    public nint TilesApart;

    /// <summary>Activations without a sign, and the bytes from one vector to the next.</summary>
    public byte* Activations;
    public nint ActivationStride;

    /// <summary>What the sums begin with, and where they go; bytes from one vector's sums to the next one's.</summary>
    public int* Start;
    public int* Sums;
    public nint SumStride;

    /// <summary>Bytes of sums, and of what they begin with, from one block of a tile to the next one, and from tile to tile.</summary>
    public nint RowsApart;
    public nint TileRows;

    /// <summary>Eights of columns.</summary>
    public nint Steps;

    /// <summary>How many tiles.</summary>
    public nint Tiles;

    /// <summary>Offsets of the above in bytes.</summary>
    public const int AtWeights = 0, AtBlocksApart = 8, AtTilesApart = 16, AtActivations = 24, AtActivationStride = 32, AtStart = 40,
        AtSums = 48, AtSumStride = 56, AtRowsApart = 64, AtTileRows = 72, AtSteps = 80, AtTiles = 88;
}
