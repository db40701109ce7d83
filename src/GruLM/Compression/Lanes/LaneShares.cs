// Which elements of a frame each lane has: as equal parts of them as there can be, one after another.

namespace GruLM.Compression;

/// <summary>Elements shared out over lanes. Immutable.</summary>
internal readonly record struct LaneShares(int Elements, int Lanes)
{
    // A lane knows nothing of the text before it. It is worth it where that costs a thousandth.
    private const int FewestElements = 4096;

    /// <summary>The lanes that so many elements are shared out over when they are written.</summary>
    public static LaneShares Of(int elements) => new(elements, Math.Clamp(elements / FewestElements, 1, LaneModel.MostLanes));

    /// <summary>The elements of the longest lane.</summary>
    public int Longest => (Elements + Lanes - 1) / Lanes;

    /// <summary>The first element of a lane; of the number of lanes: the end.</summary>
    public int First(int lane) => (int)((long)Elements * lane / Lanes);
}
