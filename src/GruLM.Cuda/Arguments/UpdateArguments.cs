// The arguments of the kernels in update.cu.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>Chunk of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UpdateStretch
{
    public long Offset;
    public int Length;
    public int Decays;
}

/// <summary>UpdateArguments of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UpdateArguments
{
    public DevicePointer Parameters, Gradients, First, Second, Chunks, Numbers;
    public float Beta1, Beta2, Epsilon;
    public int Moves;
}

/// <summary>SquaresArguments of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SquaresArguments
{
    public DevicePointer X, Parts, Sum;
    public long Length;
    public int Blocks;
}

/// <summary>BlendArguments of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BlendArguments
{
    public DevicePointer X, Y, Numbers;
    public long Length;
}

/// <summary>PlaneJob of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlaneJob
{
    public long Source, Target, Transposed;
    public int FirstTile;
    public int Rows, Columns;
    public int Group, PaddedGroup;
    public int RowLength, TransposedRowLength;
    public int MaskPlace;
}

/// <summary>PlanesArguments of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PlanesArguments
{
    public DevicePointer Parameters, Planes;
    public long Plane;
    public DevicePointer Jobs, Numbers;
    public Mask Mask;
    public int Count;
}

/// <summary>MaskGradientArguments of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MaskGradientArguments
{
    public DevicePointer Gradients, Numbers;
    public Mask Mask;
    public long Length;
}

/// <summary>MatrixArguments of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MatrixArguments
{
    public DevicePointer X, Z, Y, Planes;
    public long Plane;
    public DevicePointer Squares;
    public float FactorX, FactorZ, Diagonal;
    public int Rows, Columns, RowLength;
}
