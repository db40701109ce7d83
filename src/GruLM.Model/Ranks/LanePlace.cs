// Where some lanes stand among all lanes of a batch that several processes share. Random numbers are drawn by the place in the whole
// batch, so that a lane is trained alike whoever has it.

namespace GruLM.Model;

/// <summary>Some lanes among all; the default is a batch that is not shared.</summary>
/// <param name="First">The first of these lanes.</param>
/// <param name="Lanes">How many they are.</param>
/// <param name="All">All lanes; 0 where the batch is not shared.</param>
internal readonly record struct LanePlace(int First, int Lanes, int All)
{
    /// <summary>The share of process <paramref name="rank"/> of <paramref name="count"/> of <paramref name="all"/> lanes: none, where there
    /// are fewer lanes than processes.</summary>
    public static LanePlace Of(int all, int rank, int count)
    {
        int first = (int)((long)all * rank / count);
        return new LanePlace(first, (int)((long)all * (rank + 1) / count) - first, all);
    }
}
