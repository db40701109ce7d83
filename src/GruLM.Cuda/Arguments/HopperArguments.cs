// The arguments of the kernels for Hopper, with the maps by which the card's copy engine finds tiles of matrices.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>TensorMap of hopper.h: what the driver makes of a matrix.</summary>
[InlineArray(16)]
internal struct TensorMap
{
    private ulong _first;
}

/// <summary>HopperProductArguments of products_hopper.h. Maps make a kernel's struct a multiple of 64 bytes, all of which the driver
/// copies.</summary>
[StructLayout(LayoutKind.Sequential, Size = 320)]
internal struct HopperProductArguments
{
    public TensorMap MapA, MapB;
    public DevicePointer C;
    public long RowC, PartC;
    public int M, N, K, PartK;
    public int Add;
    public int Group, Kept;
}

/// <summary>HopperRecurrence of recurrence_hopper.cu.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct HopperRecurrenceArguments
{
    public TensorMap Map;
    public DevicePointer Weights;
    public long WeightsPlane;
    public DevicePointer InputBias, Bias, Gates, Candidate, States, Planes;
    public long Plane;
    public DevicePointer DStates, DBias, Done;
    public int Steps, Lanes;
    public int Units, Padded;
    public int KeepGates;
    public int Stages;
}
