// What register tiles fetch while they compute: the slice of a panel that comes next, handed out part by part. Where many tiles pass over a
// slice each of them fetches seldom, a line every four steps of k: as many at once as it can would keep its own reads waiting (whole
// products are 1.02 to 1.07 times as fast so).

namespace GruLM.Kernels;

/// <summary>How often a tile fetches memory ahead: an instruction or two of some twenty a step of k, that only some of the tiles need to
/// spend.</summary>
internal interface IFetching
{
    /// <summary>Steps of k a line, known when the tile is compiled; 0: nothing is fetched.</summary>
    static abstract int StepsALine { get; }
}

internal readonly struct Fetching : IFetching
{
    public static int StepsALine => 1;
}

internal readonly struct FetchingSeldom : IFetching
{
    public static int StepsALine => 4;
}

internal readonly struct NotFetching : IFetching
{
    public static int StepsALine => 0;
}
