// Which elements of a frame each lane has: as equal parts of them as there can be, one after another.

namespace GruLM.Compression;

/// <summary>Elements shared out over lanes. Immutable.</summary>
internal readonly record struct LaneShares(int Elements, int Lanes)
{
    /// <summary>A lane knows nothing of the text before it, which costs some bytes: a lane of fewer elements is not worth
    /// them.</summary>
    public const int FewestElements = 8192;

    /// <summary>The lanes that so many elements are shared out over when they are written, each with <paramref name="fewest"/> or
    /// more.</summary>
    public static LaneShares Of(int elements, int fewest) => new(elements, Math.Clamp(elements / fewest, 1, LaneModel.MostLanes));

    /// <summary>The elements of the longest lane.</summary>
    public int Longest => (Elements + Lanes - 1) / Lanes;

    /// <summary>The first element of a lane; of the number of lanes: the end.</summary>
    public int First(int lane) => (int)((long)Elements * lane / Lanes);
}
