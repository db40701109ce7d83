// Sums whose bits do not depend on the width of the vectors: number i is added to lane i modulo 16, each lane in order, and the lanes are
// folded by halves, 8 to 8, 4 to 4, 2 to 2, 1 to 1.

using System.Runtime.CompilerServices;

namespace GruLM.Kernels;

/// <summary>Sixteen lanes of a sum, in the order that docs/int8.md defines. Thread-safe: it has no state.</summary>
internal static unsafe class OrderedSum<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>Lanes of a sum.</summary>
    public const int Lanes = 16;

    /// <summary>Adds sixteen numbers to the lanes: those from <paramref name="numbers"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(float* lanes, float* numbers)
    {
        for (int i = 0; i < Lanes; i += S.Width) S.Store(lanes + i, S.Add(S.Load(lanes + i), S.Load(numbers + i)));
    }

    /// <summary>Adds the lanes up; they are overwritten.</summary>
    public static float Fold(float* lanes)
    {
        for (int half = Lanes / 2; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
        }

        return lanes[0];
    }
}
