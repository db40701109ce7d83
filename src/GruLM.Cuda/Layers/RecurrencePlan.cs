// How a layer's recurrence is shared out over a card: which part of the units and of the lanes each block owns. All blocks run at the same
// time, one on a multiprocessor, each with its part of the recurrent weights in shared memory. Few lanes want many small slices of units;
// many lanes want larger ones, since every block reads the states of all units for its lanes.

namespace GruLM.Cuda;

/// <summary>A way to share out one direction of a recurrence.</summary>
/// <param name="Units">Units of a block.</param>
/// <param name="Tiles">Sixteenths of lanes that it multiplies at a time.</param>
/// <param name="Slices">Slices of units.</param>
/// <param name="LaneTiles">Tiles of lanes.</param>
/// <param name="TileLanes">Lanes of a tile.</param>
/// <param name="SharedBytes">Shared memory of a block.</param>
internal sealed record RecurrencePlan(int Units, int Tiles, int Slices, int LaneTiles, int TileLanes, int SharedBytes)
{
    private const int Warps = 8;
    private const int SharedBytesPerClock = 128;
    private const int ReadBytesPerClock = 40;
    private const int ClocksPerChunk = 400;
    private const int ClocksPerStep = 2500;

    /// <summary>The name of the plan's kernel, after the precision.</summary>
    public string Shape => $"{Units}_{Tiles}";

    /// <summary>The plan that should take the least time; null where the layer does not fit the card.</summary>
    public static RecurrencePlan? Choose(Card card, int hidden, int lanes, bool backward)
    {
        (RecurrencePlan? best, double fewest) = (null, double.MaxValue);
        foreach ((int units, int tiles) in Kernels(card))
        {
            if (Create(card, units, tiles, hidden, lanes, backward) is not { } plan) continue;
            double clocks = plan.Clocks(card, hidden, backward);
            if (clocks < fewest) (best, fewest) = (plan, clocks);
        }

        return best;
    }

    // The kernels that there are.
    private static (int Units, int Tiles)[] Kernels(Card card) =>
        card.UsesBf16
            ? [(8, 1), (8, 2), (8, 4), (16, 1), (16, 2), (16, 4), (32, 1), (32, 2)]
            : [(8, 1), (8, 2), (16, 1), (16, 2)];

    private static RecurrencePlan? Create(Card card, int units, int tiles, int hidden, int lanes, bool backward)
    {
        int slices = (hidden + units - 1) / units, most = card.Context.Multiprocessors / slices;
        if (most == 0) return null;
        int tileLanes = Card.PadLanes((lanes + most - 1) / most), laneTiles = (lanes + tileLanes - 1) / tileLanes;
        if (tiles > 1 && tiles * 16 > tileLanes) return null;
        int outputs = backward ? units : 3 * units, stride = outputs % 32 is 8 or 24 ? outputs : outputs + 8;
        long shared = WeightBytes(card, hidden, units) + ((long)Warps * tiles * 16 * stride * sizeof(float))
            + ((long)tileLanes * units * sizeof(float));
        if (shared > card.Context.SharedMemoryPerBlock) return null;
        return new RecurrencePlan(units, tiles, slices, laneTiles, tileLanes, (int)shared);
    }

    private static long WeightBytes(Card card, int hidden, int units) =>
        3L * units * Card.PadUnits(hidden) * sizeof(ushort) * card.Planes;

    private double Clocks(Card card, int hidden, bool backward)
    {
        int chunks = (TileLanes + (Tiles * 16) - 1) / (Tiles * 16), k = Card.PadUnits(hidden) * (backward ? 3 : 1);
        double weights = WeightBytes(card, hidden, Units) / (double)SharedBytesPerClock;
        double reads = Tiles * 16.0 * k * sizeof(ushort) * card.Planes / ReadBytesPerClock;
        return ClocksPerStep + (chunks * (weights + reads + ClocksPerChunk));
    }
}
