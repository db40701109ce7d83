// The slice of the weights that comes next, fetched into the second-level cache part by part while a tile works on this one.

namespace GruLM.Kernels;

/// <summary>A slice of a packed panel that will be read next, handed out to register tiles part by part to be fetched meanwhile.</summary>
internal unsafe ref struct SliceAhead<S, V>
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
