// The arguments of the kernels in output.cu.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>LossArguments of output.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LossArguments
{
    public DevicePointer Logits, Gradient;
    public long Plane;
    public DevicePointer Targets, Nll, Correct, Numbers;
    public int Vocabulary, RowLength;
}

/// <summary>LossSumArguments of output.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LossSumArguments
{
    public DevicePointer Nll, Correct, Targets, Sums;
    public int Rows;
    public int First;
}

/// <summary>TopArguments of output.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TopArguments
{
    public DevicePointer D, Outputs;
    public Mask Mask;
    public DevicePointer Numbers;
    public int Steps, Lanes, RealLanes, Hidden, Padded;
    public int HasPenalties;
}
