// What register tiles fetch while they compute: the slice of a panel that comes next, handed out part by part. Where many tiles pass over a
// slice each of them fetches seldom, a line every four steps of k: as many at once as it can would keep its own reads waiting (whole
// products are 1.02 to 1.07 times as fast so).

namespace GruLM.Kernels;

/// <summary>A slice of a packed panel that will be read next, handed out to register tiles part by part to be fetched meanwhile.</summary>
public unsafe ref struct SliceAhead<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    private readonly float* _end;
    private readonly int _step;
    private float* _part;

    /// <summary>The slice of <paramref name="depth"/> rows that begins at <paramref name="slice"/>, for so many tiles of the same
    /// depth.</summary>
    public SliceAhead(float* slice, int depth, int tiles)
    {
        // A step of eight rows takes twice as long as one of four, so that fetching every step is seldom enough.
        int linesAStep = 3 * S.Width / RegisterTile<S, V>.Line;
        StepsALine = S.TileRows == 4 && tiles >= 4 * linesAStep ? 4 : 1;
        _part = slice;
        _end = slice + (depth * 3 * S.Width);
        _step = depth * RegisterTile<S, V>.Line / StepsALine;
    }

    /// <summary>Steps of k in which a tile fetches a line.</summary>
    public int StepsALine { get; }

    /// <summary>The next part, as long as a tile of the same depth fetches; null when all parts are handed out.</summary>
    public float* Part()
    {
        float* given = _part;
        _part = given != null && given + _step < _end ? given + _step : null;
        return given;
    }
}

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
