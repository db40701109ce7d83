// Numbers that have travelled in bfloat16, back in float32.

using System.Numerics;
using GruLM.Kernels;

namespace GruLM.Distributed;

/// <summary>Reads bfloat16. Counts are in numbers.</summary>
internal static unsafe class Bf16Numbers
{
    /// <summary>values[i] = numbers[i].</summary>
    public static void Expand(ushort* numbers, float* values, long count)
    {
        long i = 0;
        for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            (Vector<float> low, Vector<float> high) = Widened(numbers + i);
            low.Store(values + i);
            high.Store(values + i + Vector<float>.Count);
        }

        for (; i < count; i++) values[i] = Bf16.ToSingle(numbers[i]);
    }

    /// <summary>values[i] += numbers[i].</summary>
    public static void Add(ushort* numbers, float* values, long count)
    {
        long i = 0;
        for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            (Vector<float> low, Vector<float> high) = Widened(numbers + i);
            (Vector.Load(values + i) + low).Store(values + i);
            (Vector.Load(values + i + Vector<float>.Count) + high).Store(values + i + Vector<float>.Count);
        }

        for (; i < count; i++) values[i] += Bf16.ToSingle(numbers[i]);
    }

    private static (Vector<float> Low, Vector<float> High) Widened(ushort* numbers)
    {
        Vector.Widen(Vector.Load(numbers), out Vector<uint> low, out Vector<uint> high);
        return (Vector.AsVectorSingle(low << 16), Vector.AsVectorSingle(high << 16));
    }
}
