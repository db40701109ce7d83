// Runs of which time decides how many held-out tokens their evaluations read: the same ones, whether that was decided by now or later.

using System.Text;
using GruLM.Cli.Demo;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class SomeHeldOutTests
{
    private const int EvalTokens = 300;

    [Theory]
    [InlineData(SampleKind.Stream, 1_000)]
    [InlineData(SampleKind.Lines, 1_000)]
    [InlineData(SampleKind.Lines, 1_000_000)]
    public void Evaluations_read_the_same_tokens_however_late_it_was_decided_how_many(SampleKind samples, long mostHeldOutBytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(SampleCorpus.Generate(2, 20_000));
        byte[] heldOut = Encoding.UTF8.GetBytes(SampleCorpus.Generate(9, 5_000));
        var options = new TextTrainingOptions
        {
            Tokenizer = new Tokenizer(DefaultTokenizer.Train(text.AsMemory(), 400)),
            EmbeddingDim = 16,
            HiddenDim = 16,
            NumLayers = 1,
            Samples = samples,
            MostHeldOutBytes = mostHeldOutBytes,
            Training = new TrainingOptions { MaxSteps = 2, BatchSize = 4, Bptt = 16 },
        };
        using IDevice device = Devices.Open(Devices.Cpu, new DeviceOptions(1));
        var around = new RunSurroundings(device, null, new SilentObserver(), TestContext.Current.CancellationToken);
        EvaluationResult Trained(long known, long decided)
        {
            TextTrainingOptions told = options with { Training = options.Training with { EvalTokens = known } };
            using var run = TextTraining.Prepare(new TrainingTexts(text, heldOut), told, around);
            run.FitInto(new TimeBudget(1_000, new SpeedMeasurement(1e-3, 1e-3, 1e-3)), 1, decided);
            return run.Run(TestContext.Current.CancellationToken).Position.Last!.Value;
        }

        EvaluationResult some = Trained(EvalTokens, EvalTokens), all = Trained(0, 0);
        Assert.True(some.Sums.Tokens < all.Sums.Tokens);
        Assert.Equal(some, Trained(0, EvalTokens));
    }
}
