// A segment whose numbers travel as they are, in float32, from where they stand and to where they belong.

using System.Numerics;

namespace GruLM.Distributed;

/// <summary>A segment in float32.</summary>
internal sealed unsafe class FloatSegment(MpiLink link) : SumSegment(link)
{
    protected override int Width => sizeof(float);

    protected override void Prepare()
    {
    }

    protected override byte* Travelling(int first) => (byte*)(Values + first);

    // The place of this process among what was sent is free for partial sums: its own numbers must last until their turn.
    protected override void AddUp(int first, int count)
    {
        float* own = Values + first, partial = (float*)Staged(Rank), sum = Of(0);
        for (int r = 1; r < Count; r++)
        {
            float* target = r == Count - 1 ? own : partial;
            Add(sum, Of(r), target, count);
            sum = target;
        }

        float* Of(int rank) => rank == Rank ? own : (float*)Staged(rank);
    }

    protected override void Complete()
    {
    }

    private static void Add(float* a, float* b, float* sum, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count) (Vector.Load(a + i) + Vector.Load(b + i)).Store(sum + i);
        for (; i < count; i++) sum[i] = a[i] + b[i];
    }
}
