// The arguments of the kernels in layers.cu that stand around the layers.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>EmbeddingArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmbeddingArguments
{
    public DevicePointer Table, Ids, X;
    public long Plane;
    public DevicePointer Numbers;
    public Mask Rows;
    public ulong RowsThreshold;
    public Mask Inputs;
    public int Tokens, Lanes, Width, Padded;
}

/// <summary>Tokens of one id that one block adds up.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Segment
{
    public int Id, First, Count, Part;
}

/// <summary>ScatterArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ScatterArguments
{
    public DevicePointer DX, Order, Segments, Count, Gradient, Parts, Numbers;
    public Mask Rows;
    public ulong RowsThreshold;
    public Mask Inputs;
    public int Lanes, Width, Padded;
    public int FromParts;
}

/// <summary>BetweenArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BetweenArguments
{
    public DevicePointer X, Gain, Bias, Statistics, Y;
    public long Plane;
    public DevicePointer Numbers;
    public Mask Mask;
    public int Tokens, Lanes, RealLanes, Hidden, Padded;
    public int Locked;
}

/// <summary>BetweenBackwardArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BetweenBackwardArguments
{
    public DevicePointer D, X, Gain, Statistics, Residual, Numbers;
    public Mask Mask;
    public int Tokens, Lanes, RealLanes, Hidden, Padded;
    public int Locked;
}

/// <summary>NormGradientArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NormGradientArguments
{
    public DevicePointer D, X, Statistics, Parts, Gain, Bias;
    public int Tokens, Hidden, Padded, Rows;
    public int PartsCount;
}

/// <summary>AddArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddArguments
{
    public DevicePointer X, Y, Sum;
    public long Length;
}
