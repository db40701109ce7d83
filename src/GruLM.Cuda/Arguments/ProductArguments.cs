// The arguments of the kernels in products.cu, and of the one that adds up what splits of a product left.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>ProductArguments of products.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProductArguments
{
    public DevicePointer A, B, C;
    public long PlaneA, PlaneB;
    public long RowA, RowB, RowC;
    public long PartC;
    public int M, N, K;
    public int PartK;
    public int Add;
    public int Group, Kept;
}

/// <summary>PartsArguments of update.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PartsArguments
{
    public DevicePointer Parts, C;
    public long RowC;
    public int Count, M, N;
    public int Group, Kept;
    public int Add;
}
