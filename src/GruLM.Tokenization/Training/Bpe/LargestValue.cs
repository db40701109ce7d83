// The largest of many numbers, several at a time.
using System.Numerics;

namespace GruLM.Tokenization;

/// <summary>Finds the largest of some numbers.</summary>
internal static class LargestValue
{
    /// <summary>The largest one; the smallest number there is, of none.</summary>
    public static long Of(ReadOnlySpan<long> values)
    {
        var most = new Vector<long>(long.MinValue);
        int i = 0;
        for (; i + Vector<long>.Count <= values.Length; i += Vector<long>.Count)
        {
            most = Vector.Max(most, new Vector<long>(values[i..]));
        }

        long result = long.MinValue;
        for (int k = 0; k < Vector<long>.Count; k++)
        {
            result = Math.Max(result, most[k]);
        }

        for (; i < values.Length; i++)
        {
            result = Math.Max(result, values[i]);
        }

        return result;
    }
}
