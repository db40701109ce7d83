// The card that tests run on: a real one where GRULM_TESTS_CARD is set, else the stand-in, which the driver's layer opens as it would a
// card. Tests that need the stand-in's checks, or a card of some kind, skip on a real one with a line.

using GruLM.Cuda;
using GruLM.Generation;
using GruLM.Kernels;

namespace GruLM.Tests.Cuda;

internal static class TestCard
{
    /// <summary>Whether tests run on a real card.</summary>
    public static bool IsReal => Environment.GetEnvironmentVariable("GRULM_TESTS_CARD") is { Length: > 0 };

    /// <summary>Opens the card, with so many multiprocessors where they are told; skips the test where there is none.</summary>
    public static Card Open(bool bfloat16, RecurrenceWay way = RecurrenceWay.Best, int multiprocessors = 0, ulong seed = 0)
    {
        if (multiprocessors > 0) RequireStandIn();
        Begin(seed);
        if (multiprocessors > 0) StandIn.SetMultiprocessors(multiprocessors);
        return new Card(CudaContext.Open(), bfloat16) { RecurrenceWay = way };
    }

    /// <summary>Opens a card of capability 8.6, whose blocks have 99 KB of shared memory at most; skips the test on a real one.</summary>
    public static Card OpenSmall(bool bfloat16)
    {
        RequireStandIn();
        Begin();
        StandIn.SetDevice(8, 6, 12040, 1);
        return new Card(CudaContext.Open(), bfloat16);
    }

    /// <summary>Opens a card with Hopper's instructions, as a stand-in with so many multiprocessors, which are enough for its recurrence;
    /// skips the test on a real one of another kind.</summary>
    public static Card OpenHopper(bool bfloat16, RecurrenceWay way = RecurrenceWay.Best, int multiprocessors = 64, ulong seed = 0)
    {
        Begin(seed);
        if (!IsReal)
        {
            StandIn.SetDevice(9, 0, 12040, 1);
            StandIn.SetMultiprocessors(multiprocessors);
        }

        var card = new Card(CudaContext.Open(), bfloat16) { RecurrenceWay = way };
        if (card.IsHopper) return card;
        card.Dispose();
        Assert.Skip("needs a card of compute capability 9.0");
        return card;
    }

    /// <summary>Opens the card as a device.</summary>
    public static CudaDevice OpenDevice(Precision precision, ulong seed = 0)
    {
        Begin(seed);
        return CudaDevice.Open(new DeviceOptions(1, precision));
    }

    /// <summary>A driver as in a fresh process, which finds the card; skips the test where there is none.</summary>
    public static void Begin(ulong seed = 0)
    {
        if (IsReal) return;
        StandIn.Start(seed);
        Environment.SetEnvironmentVariable(CudaDriver.PathVariable, StandIn.LibraryPath);
    }

    /// <summary>Skips the test on a real card.</summary>
    public static void RequireStandIn() =>
        Assert.SkipWhen(IsReal, "needs the stand-in for a card, and GRULM_TESTS_CARD asks for a real one");

    /// <summary>This process finds no card from here on, unless it is to be a real one: for tests of machines without one.</summary>
    public static void Hide()
    {
        if (IsReal || StandIn.Obstacle is not null) return;
        Begin();
        StandIn.SetDevice(9, 0, 12040, 0);
    }
}
