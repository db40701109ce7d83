// An open card together with the precision that products are made in: one plane of bfloat16 a number, or three, which make products as
// exact as float32's. Numbers with padding are counted here as everywhere on the card: units in 32, lanes in 16.

namespace GruLM.Cuda;

/// <summary>What all work on one card shares. One thread at a time.</summary>
internal sealed class Card(CudaContext context, bool bfloat16) : IDisposable
{
    /// <summary>The driver's context.</summary>
    public CudaContext Context => context;

    /// <summary>Whether products are made in bfloat16.</summary>
    public bool UsesBf16 => bfloat16;

    /// <summary>Planes of bfloat16 that a factor of a product has.</summary>
    public int Planes => bfloat16 ? 1 : 3;

    /// <summary>How recurrences are made; where that way does not fit a layer, step by step. For tests.</summary>
    public RecurrenceWay RecurrenceWay { get; init; }

    /// <summary>Whether the card has Hopper's instructions, which only capability 9.0 has.</summary>
    public bool IsHopper => context.Major == 9;

    /// <summary>Units, rounded up to whole groups of 32.</summary>
    public static int PadUnits(int units) => (units + 31) / 32 * 32;

    /// <summary>Lanes, rounded up to whole tiles of 16.</summary>
    public static int PadLanes(int lanes) => (lanes + 15) / 16 * 16;

    /// <summary>The kernel of that name for this precision, or the only one.</summary>
    public CudaKernel Kernel(string module, string name, bool hasPrecision = true) =>
        context.Kernel(module, hasPrecision ? $"{name}_{Suffix}" : name);

    /// <summary>The kernel of the recurrence of a shape, for this precision.</summary>
    public CudaKernel Recurrence(string module, string direction, string shape) =>
        context.Kernel(module, $"{direction}_{Suffix}_{shape}");

    /// <summary>Launches a kernel over <paramref name="items"/>, one a thread, in blocks of 256.</summary>
    public void ForEach<TArguments>(CudaKernel kernel, long items, in TArguments arguments, int threads = 256)
        where TArguments : unmanaged =>
        context.Launch(kernel, new Grid(checked((int)((items + threads - 1) / threads))), threads, 0, arguments);

    /// <inheritdoc/>
    public void Dispose() => context.Dispose();

    private string Suffix => bfloat16 ? "bf16" : "fp32";
}
