// The arguments of the kernels in columns.cu.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>EmbedColumnsArguments of columns.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmbedColumnsArguments
{
    public DevicePointer Table, Ids, Columns;
    public int Inputs, Row;
}

/// <summary>CarryColumnsArguments of columns.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CarryColumnsArguments
{
    public DevicePointer Texts, Columns;
    public long Layer;
    public int First;
    public int Units, Row;
}

/// <summary>NormaliseColumnsArguments of columns.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NormaliseColumnsArguments
{
    public DevicePointer Columns, Normalised, Gain, Shift;
    public int Units, Row;
}

/// <summary>MultiplyColumnsArguments of columns.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MultiplyColumnsArguments
{
    public DevicePointer Weights, Bias, Columns, Products;
    public int Rows, Length;
    public int WeightRow, Group, Gate;
    public int Count, ColumnRow, ProductRow;
}

/// <summary>StepColumnsArguments of columns.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StepColumnsArguments
{
    public DevicePointer Weights, Bias, Input, Before, After, Below, Handed;
    public int Units, Length;
    public int WeightRow, Gate;
    public int Count, Row;
}
