// The card that tests run on: a real one where GRULM_TESTS_CARD is set, else the stand-in, which the driver's layer opens as it would a card.

using GruLM.Cuda;

namespace GruLM.Tests.Cuda;

internal static class TestCard
{
    /// <summary>Whether tests run on a real card.</summary>
    public static bool IsReal => Environment.GetEnvironmentVariable("GRULM_TESTS_CARD") is { Length: > 0 };

    /// <summary>Opens the card; skips the test where there is none.</summary>
    public static Card Open(bool bfloat16, RecurrenceWay way = RecurrenceWay.Best)
    {
        if (!IsReal)
        {
            StandIn.Start();

            // Hopper's own instructions are not stood in for.
            StandIn.SetDevice(8, 0, 12040, 1);
            Environment.SetEnvironmentVariable("GRULM_CUDA_DRIVER", StandIn.LibraryPath);
        }

        return new Card(CudaContext.Open(), bfloat16) { RecurrenceWay = way };
    }
}
