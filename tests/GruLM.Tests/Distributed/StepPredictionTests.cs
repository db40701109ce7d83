// The prediction of a step of several processes: what is known without measuring, and laws that hold whatever was measured.

using FsCheck;
using FsCheck.Fluent;
using GruLM.Distributed;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Distributed;

public sealed class StepPredictionTests
{
    private static readonly GruConfig s_config =
        new() { VocabSize = 8192, EmbeddingDim = 512, HiddenDim = 512, NumLayers = 1, TieWeights = true };

    private static readonly StepProfile s_step = new([new ReadyPart(0.1, 4e6), new ReadyPart(0.2, 1e6)], 0.25, 0.05, 500);

    [Fact]
    public void One_process_needs_nobody() =>
        Assert.Equal(new StepPrediction(s_step.Seconds, 0), StepPrediction.Of(s_step, s_config, 1, new LinkFigures(1, 1, 1), 4));

    [Fact]
    public void What_is_sent_while_there_is_still_work_costs_nothing()
    {
        // 16 MB at 0.1, 4 MB at 0.2, the rows' 1 MB at 0.25, which alone is waited for.
        var step = StepPrediction.Of(s_step, s_config, 2, new LinkFigures(1e9, 0, 0), 4);
        Assert.Equal(0.25 + (500 * 512 * 4 / 1e9) + 0.05, step.Seconds, 1e-4);
        Assert.Equal(16e6 + 4e6 + (500 * 512 * 4), step.Bytes, 1.0);
    }

    [Fact]
    public void A_slow_wire_is_all_that_counts()
    {
        var step = StepPrediction.Of(s_step, s_config, 2, new LinkFigures(1e6, 0, 0), 4);
        Assert.Equal(0.1 + (step.Bytes / 1e6) + 0.05, step.Seconds, 1e-3);
    }

    [Fact]
    public void Many_rows_go_as_a_whole_matrix()
    {
        StepProfile many = s_step with { Rows = 8000 };
        var step = StepPrediction.Of(many, s_config, 4, new LinkFigures(1e9, 0, 0), 4);
        Assert.Equal(2 * 0.75 * 4 * (1e6 + (8192 * 512)), step.Bytes, 1.0);
        var halves = StepPrediction.Of(many, s_config, 4, new LinkFigures(1e9, 0, 0), 2);
        Assert.Equal(step.Bytes / 2, halves.Bytes, 1.0);
    }

    [Fact]
    public void A_better_connection_is_never_slower()
    {
        Prop.ForAll<byte, int, int>((processes, rate, latency) =>
        {
            int count = 2 + (processes % 100);
            var link = new LinkFigures(1e6 * (1 + Math.Abs((double)rate)), 1e-6 * Math.Abs((double)latency), 1e-11 * processes);
            double seconds = StepPrediction.Of(s_step, s_config, count, link, 4).Seconds;
            foreach (LinkFigures better in (LinkFigures[])
                [
                    link with { BytesPerSecond = 2 * link.BytesPerSecond },
                    link with { Latency = link.Latency / 2 },
                    link with { ProcessorTime = link.ProcessorTime / 2 },
                ])
            {
                Assert.True(StepPrediction.Of(s_step, s_config, count, better, 4).Seconds <= seconds + 1e-12);
            }

            Assert.True(seconds >= s_step.Seconds);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_process_with_a_processor_to_spare_does_not_feel_what_sending_costs()
    {
        var link = new LinkFigures(1e9, 1e-5, 1e-9);
        Assert.Equal(link, link.FeltBy(2, 2));
        Assert.Equal(link with { ProcessorTime = 0 }, link.FeltBy(1, 2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_measured_step_has_all_gradients_in_order(bool norm)
    {
        var config = new GruConfig { VocabSize = 50, EmbeddingDim = 8, HiddenDim = 8, NumLayers = 3, TieWeights = true, LayerNorm = norm };
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Create(config, compute, seed: 1);
        var batch = new TokenBatch(5, 4);
        for (int i = 0; i < batch.Inputs.Length; i++) (batch.Inputs[i], batch.Targets[i]) = (i % 7, i % 5);
        var step = StepProfile.Measure(model, batch, 3, TestContext.Current.CancellationToken);
        Assert.Equal(4, step.Parts.Count);
        Assert.Equal(step.Parts.OrderBy(part => part.Seconds), step.Parts);
        Assert.Equal(7, step.Rows);
        Assert.Equal(50 * 8, step.Parts[0].Numbers);
        Assert.True(step.Backward >= step.Parts[^1].Seconds && step.Update > 0);
    }

    [Fact]
    public void A_connection_is_measured_by_all_alike()
    {
        LinkFigures[] figures = ThreadLink.Run(2, LinkProbe.Measure);
        Assert.Equal(figures[0], figures[1]);
        Assert.True(figures[0].BytesPerSecond > 0 && figures[0].Latency > 0 && figures[0].ProcessorTime >= 0);
    }
}
