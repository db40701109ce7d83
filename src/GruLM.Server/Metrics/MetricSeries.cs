// One line, or for a histogram one group of lines, of what /metrics shows: an instrument with one set of labels.

namespace GruLM.Server;

/// <summary>A series of measurements. Not thread-safe.</summary>
/// <param name="labels">Its labels as they are written, without braces.</param>
/// <param name="bounds">The upper bounds of a histogram's buckets; empty for any other instrument.</param>
internal sealed class MetricSeries(string labels, double[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];

    /// <summary>Its labels.</summary>
    public string Labels { get; } = labels;

    /// <summary>The sum of a histogram's measurements, or the last of another instrument's.</summary>
    public double Value { get; private set; }

    /// <summary>Takes a measurement.</summary>
    public void Take(double value)
    {
        if (bounds.Length == 0)
        {
            Value = value;
            return;
        }

        int bucket = Array.FindIndex(bounds, bound => value <= bound);
        _counts[bucket < 0 ? bounds.Length : bucket]++;
        Value += value;
    }

    /// <summary>The buckets of a histogram: the upper bound of each, and how many measurements are not above it.</summary>
    public IEnumerable<(double Bound, long Count)> Buckets()
    {
        long count = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            count += _counts[i];
            yield return (i < bounds.Length ? bounds[i] : double.PositiveInfinity, count);
        }
    }
}
