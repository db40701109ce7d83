// What kernels read besides their arguments, as numbers.h declares it: masks of dropout, and what changes from step to step.

using System.Runtime.InteropServices;
using GruLM.Kernels;

namespace GruLM.Cuda;

/// <summary>What a mask of dropout is drawn from; with a threshold of zero nothing is dropped.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Mask
{
    private readonly uint _key0;
    private readonly uint _key1;
    private readonly uint _threshold;
    private readonly uint _place;
    private readonly float _scale;
    private readonly uint _unused;

    /// <summary>The mask that drops with <paramref name="probability"/>, at a place of <c>DropoutPlace</c>.</summary>
    public Mask(Philox random, double probability, int place)
    {
        (_key0, _key1) = random.Key;
        _threshold = (uint)Math.Round(probability * 65536);
        _place = (uint)place;
        _scale = (float)(1 / (1 - probability));
        _unused = 0;
    }

    /// <summary>Whether anything is dropped.</summary>
    public bool Drops => _threshold > 0;
}

/// <summary>The numbers of one step or one update.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StepNumbers
{
    public ulong Step;
    public ulong Update;
    public float InverseCounted;
    public float ActivationPenalty;
    public float SlownessPenalty;
    public float GradientScale;
    public float Keep;
    public float StepSize;
    public float RootCorrection;
    public float AverageShare;
    public float MomentumKeep;
    public float MomentumStep;
}
