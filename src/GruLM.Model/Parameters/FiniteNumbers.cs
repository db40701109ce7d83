// Numbers that are finite, and what is said of those that are not: a model that holds one gives nothing but nonsense, and says so nowhere
// else.

using GruLM.Formats;
using GruLM.Kernels;

namespace GruLM.Model;

/// <summary>Refuses what is not finite. Safe for several threads.</summary>
internal static unsafe class FiniteNumbers
{
    /// <summary>Reads a tensor.</summary>
    /// <exception cref="InvalidDataException">It holds numbers that are not finite.</exception>
    public static void Read(SafetensorsFile file, TensorEntry entry, Span<float> destination)
    {
        file.Read(entry, destination);
        if (AreAll(destination)) return;
        int at = 0;
        while (float.IsFinite(destination[at])) at++;
        string number = float.IsNaN(destination[at]) ? "NaN" : "infinite";
        throw new InvalidDataException(
            $"{file.Path}: tensor {entry.Name} holds numbers that are not finite (number {at} is {number}): it is damaged, or its training "
            + "diverged; take an earlier copy of it, or train it again");
    }

    /// <summary>Whether all of them are finite: as fast as memory is read.</summary>
    public static bool AreAll(ReadOnlySpan<float> numbers)
    {
        fixed (float* first = numbers)
        {
            return KernelDispatch.Run<SumOfZeros, bool>(KernelChoice.Default(), new SumOfZeros { First = first, Count = numbers.Length });
        }
    }

    /// <summary>What is wrong with a model whose scores are not finite.</summary>
    public static InvalidDataException Scores() =>
        new("the model's scores are not numbers; it is damaged, or its training has diverged");

    // A number times zero is zero, and not a number when it is infinite or none.
    private struct SumOfZeros : ISimdWork<bool>
    {
        public float* First;
        public int Count;

        public readonly bool Run<S, V>()
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            V sum = S.Zero;
            int i = 0;
            for (; i + S.Width <= Count; i += S.Width) sum = S.MultiplyAdd(S.Load(First + i), S.Zero, sum);
            float rest = S.Sum(sum);
            for (; i < Count; i++) rest += First[i] * 0;
            return rest == 0;
        }
    }
}
