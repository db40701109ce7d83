// The arguments of the kernels in decode.cu.

using System.Runtime.InteropServices;

namespace GruLM.Cuda;

/// <summary>DecodeLayerArguments of decode.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DecodeLayerArguments
{
    public DevicePointer Input, State, BiasInput, BiasState, Gain, Shift, Below, Id, Before, After, Handed;
    public int Inputs, Units;
    public int InputRow, StateRow, Gate;
}

/// <summary>ScoreArguments of decode.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ScoreArguments
{
    public DevicePointer Weights, Top, Scores;
    public int Vocabulary, Units, Row;
}

/// <summary>SampleArguments of decode.cu.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SampleArguments
{
    public DevicePointer Scores, Ids, Numbers;
    public uint Key0, Key1;
    public float InverseTemperature;
    public int Vocabulary, Row;
    public int Unused;
}
