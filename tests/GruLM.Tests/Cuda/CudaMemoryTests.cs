// How much of a card's memory a training step takes, beside what PyTorch's takes with cuDNN's GRU (benchmarks/h100). Kernels are not run:
// what is allocated is what counts, and on a card it was the same to the megabyte. GRULM_TESTS=full measures the large ones too.

using GruLM.Cuda;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed class CudaMemoryTests
{
    // V, H, lanes, precision, and megabytes: what is taken, and PyTorch's.
    private static readonly (int V, int H, int Lanes, Precision Precision, int Megabytes, int Peers)[] s_sizes =
    [
        (8192, 512, 32, Precision.Bf16, 220, 387),
        (8192, 512, 32, Precision.Fp32, 283, 465),
        (8192, 512, 256, Precision.Bf16, 681, 1955),
        (8192, 512, 256, Precision.Fp32, 941, 2679),
        (8192, 1024, 32, Precision.Bf16, 523, 601),
        (8192, 1024, 32, Precision.Fp32, 685, 693),
        (8192, 1024, 256, Precision.Bf16, 1395, 2394),
        (8192, 1024, 256, Precision.Fp32, 1951, 3316),
        (32000, 512, 32, Precision.Bf16, 499, 1109),
        (32000, 512, 32, Precision.Fp32, 655, 1348),
        (32000, 512, 256, Precision.Bf16, 1137, 6584),
        (32000, 512, 256, Precision.Fp32, 1565, 8770),
        (32000, 1024, 32, Precision.Bf16, 1003, 1486),
        (32000, 1024, 32, Precision.Fp32, 1287, 1705),
        (32000, 1024, 256, Precision.Bf16, 2000, 7185),
        (32000, 1024, 256, Precision.Fp32, 2648, 9548),
    ];

    public static TheoryData<int, int, int, Precision, int, int> Sizes
    {
        get
        {
            bool all = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full";
            var sizes = new TheoryData<int, int, int, Precision, int, int>();
            foreach ((int v, int h, int lanes, Precision precision, int megabytes, int peers) in s_sizes)
            {
                if (all || megabytes < 700) sizes.Add(v, h, lanes, precision, megabytes, peers);
            }

            return sizes;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_step_takes_no_more_than_it_did(int v, int h, int lanes, Precision precision, int megabytes, int peers)
    {
        TestCard.RequireStandIn();
        using CudaDevice device = TestCard.OpenDevice(precision);
        StandIn.SetIdle(true);
        var config = new GruConfig { VocabSize = v, EmbeddingDim = h, HiddenDim = h, NumLayers = 2, TieWeights = true };
        using ITrainableModel model = device.CreateModel(new GruParameters(config), new ModelOptions());
        var batch = new TokenBatch(64, lanes);
        model.ForwardBackward(batch, batch.Targets.Length, 0);
        model.GradientNorm();
        model.Update(1e-3, 1);
        double took = device.PeakBytes / (double)(1 << 20);
        Assert.InRange(took, megabytes - 1.0, megabytes + 0.5);
        Assert.True(took < peers, $"{took} MB of {peers}");
    }
}
