// The card that tests run on: a real one where GRULM_TESTS_CARD is set, else the stand-in, which the driver's layer opens as it would a card.

using GruLM.Cuda;

namespace GruLM.Tests.Cuda;

internal static class TestCard
{
    /// <summary>Whether tests run on a real card.</summary>
    public static bool IsReal => Environment.GetEnvironmentVariable("GRULM_TESTS_CARD") is { Length: > 0 };

    /// <summary>Opens the card; skips the test where there is none.</summary>
    public static Card Open(bool bfloat16)
    {
        if (!IsReal)
        {
            StandIn.Start();
            Environment.SetEnvironmentVariable("GRULM_CUDA_DRIVER", StandIn.LibraryPath);
        }

        return new Card(CudaContext.Open(), bfloat16);
    }
}
