// The arguments of the kernels that carry the GRU over time: recurrence.h, and the cell of layers.cu one step at a time.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>Recurrence of recurrence.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RecurrenceArguments
{
    public DevicePointer Weights;
    public long WeightsPlane;
    public DevicePointer InputBias, Bias, Gates, Candidate, States, Planes;
    public long Plane;
    public DevicePointer DStates, DBias, Done;
    public int Steps, Lanes;
    public int Units, Padded;
    public int TileLanes;
    public int KeepGates;
}

/// <summary>CellArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CellArguments
{
    public DevicePointer Products, InputBias, Bias, Gates, Candidate, Before, After, Planes;
    public long Plane;
    public DevicePointer DStates, Kept, DBias;
    public int Lanes, Hidden, Padded;
}

/// <summary>CarryArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CarryArguments
{
    public DevicePointer Carried, Fresh, States, Planes;
    public long Plane;
    public int Lanes, Padded;
}

/// <summary>BiasArguments of layers.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BiasArguments
{
    public DevicePointer Parts, Input, State;
    public int Tiles, Hidden, Padded;
}
