// What the machine code of Avx512VnniAssembler reads.

using System.Runtime.InteropServices;

namespace GruLM.Kernels;

/// <summary>One tile: some blocks of sixteen rows times some vectors of activations.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Avx512VnniArguments
{
    /// <summary>The first block of weights, and the bytes from one block to the next.</summary>
    public sbyte* Weights;
    public nint BlockBytes;

    /// <summary>Activations without a sign, and the bytes from one vector to the next.</summary>
    public byte* Activations;
    public nint ActivationStride;

    /// <summary>What the sums begin with, and where they go; bytes from one vector's sums to the next one's.</summary>
    public int* Start;
    public int* Sums;
    public nint SumStride;

    /// <summary>Eights of columns.</summary>
    public nint Steps;

    /// <summary>Tiles, one below the other.</summary>
    public nint Tiles;

    /// <summary>Offsets of the above in bytes.</summary>
    public const int AtWeights = 0, AtBlockBytes = 8, AtActivations = 16, AtActivationStride = 24, AtStart = 32, AtSums = 40,
        AtSumStride = 48, AtSteps = 56, AtTiles = 64;
}
