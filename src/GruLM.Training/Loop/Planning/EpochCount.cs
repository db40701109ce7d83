// The steps of a run's epochs, counted only as far as they are asked for: where samples are of many lengths, counting an epoch takes a
// pass over all of them.

namespace GruLM.Training;

/// <summary>Converts between steps and epochs of a run.</summary>
internal sealed class EpochCount(ITrainingData data, int most)
{
    private readonly List<long> _ends = [];

    /// <summary>At most <paramref name="steps"/>, and no more than all epochs have.</summary>
    public long Cap(long steps)
    {
        int epoch = IndexAt(steps);
        return epoch < _ends.Count ? steps : _ends.Count == 0 ? 0 : _ends[^1];
    }

    /// <summary>Epochs that a run of so many steps begins.</summary>
    public int Begun(long steps) => Math.Min(IndexAt(steps) + 1, _ends.Count);

    // The first epoch that ends at or after so many steps; one more than there are if none does.
    private int IndexAt(long steps)
    {
        while (_ends.Count < most && (_ends.Count == 0 || _ends[^1] < steps))
        {
            _ends.Add((_ends.Count == 0 ? 0 : _ends[^1]) + data.StepsInEpoch(_ends.Count));
        }

        int index = _ends.BinarySearch(steps);
        return index < 0 ? ~index : index;
    }
}
