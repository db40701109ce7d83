// How a layer's recurrence is shared out over a card: which part of the units and of the lanes each block owns. All blocks run at the same
// time, one on a multiprocessor, each with its part of the recurrent weights in shared memory. Few lanes want many small slices of units;
// many lanes want larger ones, since every block reads the states of all units for its lanes.

namespace GruLM.Cuda;

/// <summary>How a recurrence is made.</summary>
internal enum RecurrenceWay
{
    /// <summary>Whatever should take the least time.</summary>
    Best,

    /// <summary>In one launch, by recurrence.h.</summary>
    AnyCard,

    /// <summary>In one launch, by recurrence_hopper.cu.</summary>
    Hopper,

    /// <summary>A product and the cell for each step.</summary>
    StepByStep,
}

/// <summary>A way to share out one direction of a recurrence.</summary>
/// <param name="Units">Units of a block.</param>
/// <param name="Tiles">Sixteenths of lanes that it multiplies at a time.</param>
/// <param name="Slices">Slices of units.</param>
/// <param name="LaneTiles">Tiles of lanes.</param>
/// <param name="TileLanes">Lanes of a tile.</param>
/// <param name="SharedBytes">Shared memory of a block.</param>
/// <param name="Stages">Tiles that Hopper's copy engine is ahead by; 0: a kernel for any card.</param>
internal sealed record RecurrencePlan(
    int Units, int Tiles, int Slices, int LaneTiles, int TileLanes, int SharedBytes, int Stages = 0)
{
    /// <summary>Numbers of a tile of Hopper's copy engine.</summary>
    public const int HopperDepth = 64;

    private const int HopperLanes = 64;
    private const int FewestStages = 2;
    private const int MostStages = 8;
    private const int Warps = 8;
    private const int ReadBytesPerClock = 16;
    private const int ClocksOfStep = 2500;
    private const int ClocksOfChunk = 1500;
    private const double ClocksOfCell = 4;
    private const double ClocksOfCellBackward = 0.5;
    private const int HopperClocksOfStep = 4000;
    private const int HopperClocksOfRound = 1900;
    private const int HopperClocksOfTile = 100;

    /// <summary>The name of the plan's kernel, after the precision.</summary>
    public string Shape => $"{Units}_{(Stages > 0 ? HopperLanes : Tiles)}";

    /// <summary>Whether the kernel is one of recurrence_hopper.cu.</summary>
    public bool IsHopper => Stages > 0;

    private RecurrenceWay Way => IsHopper ? RecurrenceWay.Hopper : RecurrenceWay.AnyCard;

    /// <summary>The plan that should take the least time; null where the layer does not fit the card, or is to be made step by
    /// step.</summary>
    public static RecurrencePlan? Choose(Card card, int hidden, int lanes, bool backward) =>
        Plans(card, hidden, lanes, backward)
            .Where(plan => card.RecurrenceWay is RecurrenceWay.Best || card.RecurrenceWay == plan.Way)
            .MinBy(plan => plan.Clocks(card, hidden, backward));

    private static IEnumerable<RecurrencePlan> Plans(Card card, int hidden, int lanes, bool backward)
    {
        foreach ((int units, int tiles) in Kernels(card))
        {
            if (Create(card, units, tiles, hidden, lanes, backward) is { } plan) yield return plan;
        }

        foreach (int units in card.UsesBf16 ? (int[])[16, 32] : [16])
        {
            if (CreateHopper(card, units, hidden, lanes, backward) is { } plan) yield return plan;
        }
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

    // A block of 64 lanes, with tiles of so many numbers on their way.
    private static RecurrencePlan? CreateHopper(Card card, int units, int hidden, int lanes, bool backward)
    {
        if (!card.IsHopper || hidden % HopperDepth != 0) return null;
        int slices = hidden / units, laneTiles = (lanes + HopperLanes - 1) / HopperLanes;
        if (slices * laneTiles > card.Context.Multiprocessors) return null;
        int tile = HopperLanes * HopperDepth * sizeof(ushort) * card.Planes, exchange = backward ? units / 2 * 128 * sizeof(float) : 0;
        long left = card.Context.SharedMemoryPerBlock - WeightBytes(card, hidden, units) - exchange;
        int stages = (int)Math.Min(MostStages, left / (tile + (2 * sizeof(long))));
        if (stages < FewestStages) return null;
        long shared = WeightBytes(card, hidden, units) + (stages * (tile + (2L * sizeof(long)))) + exchange;
        return new RecurrencePlan(units, HopperLanes / 16, slices, laneTiles, HopperLanes, (int)shared, stages);
    }

    private static long WeightBytes(Card card, int hidden, int units) =>
        3L * units * Card.PadUnits(hidden) * sizeof(ushort) * card.Planes;

    // Fitted to an H100; what matters is which of two plans takes less.
    private double Clocks(Card card, int hidden, bool backward)
    {
        int chunk = Tiles * 16, chunks = (TileLanes + chunk - 1) / chunk, k = Card.PadUnits(hidden) * (backward ? 3 : 1);
        double cell = chunk * Units * (backward ? ClocksOfCellBackward : ClocksOfCell), pairs = card.UsesBf16 ? 1 : 6;
        if (IsHopper)
        {
            int tiles = (k + HopperDepth - 1) / HopperDepth, rounds = (tiles + Stages - 1) / Stages;
            return HopperClocksOfStep + (rounds * HopperClocksOfRound) + (tiles * pairs * HopperClocksOfTile) + cell;
        }

        double reads = (double)chunk * k * sizeof(ushort) * card.Planes / ReadBytesPerClock;
        return ClocksOfStep + (chunks * (ClocksOfChunk + reads + cell));
    }
}
