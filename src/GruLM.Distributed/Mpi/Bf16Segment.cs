// A segment whose numbers travel in bfloat16, half the bytes. Sums are float32, and what comes out is rounded once more, the same
// everywhere.

using System.Runtime.InteropServices;
using GruLM.Kernels;

namespace GruLM.Distributed;

/// <summary>A segment in bfloat16.</summary>
internal sealed unsafe class Bf16Segment(MpiLink link) : SumSegment(link)
{
    private ushort* _packed;
    private int _room;

    protected override int Width => sizeof(ushort);

    public override void Dispose()
    {
        NativeMemory.AlignedFree(_packed);
        base.Dispose();
    }

    protected override void Prepare()
    {
        if (Length > _room)
        {
            NativeMemory.AlignedFree(_packed);
            _packed = (ushort*)NativeMemory.AlignedAlloc((nuint)Length * sizeof(ushort), 64);
            _room = Length;
        }

        Bf16.Convert(Values, _packed, Length);
    }

    protected override byte* Travelling(int first) => (byte*)(_packed + first);

    protected override void AddUp(int first, int count)
    {
        float* sums = Values + first;
        for (int r = 0; r < Count; r++)
        {
            ushort* numbers = r == Rank ? _packed + first : (ushort*)Staged(r);
            if (r == 0) Bf16Numbers.Expand(numbers, sums, count);
            else Bf16Numbers.Add(numbers, sums, count);
        }

        Bf16.Convert(sums, _packed + first, count);
    }

    protected override void Complete() => Bf16Numbers.Expand(_packed, Values, Length);
}
