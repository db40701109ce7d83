// Runs that their observer disposes: they stop as cancelled ones do, say so in a line, and go on from there.

using GruLM.Cli.Demo;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class DisposedRunTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-disposed-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(6)]
    public void Disposed_by_its_observer_a_run_stops_with_a_checkpoint_and_can_be_resumed(long step)
    {
        string text = Path.Combine(_root, "text.txt"), whole = Path.Combine(_root, "whole"), ended = Path.Combine(_root, "ended");
        File.WriteAllText(text, SampleCorpus.Generate(5, 8_000));
        TrainingSettings settings = Small(text) with { MaxSteps = 6, EvalInterval = 2, SampleEvery = 2 };
        using (var run = TrainingRun.Start(settings with { OutDir = whole })) run.Run(TestContext.Current.CancellationToken);

        var impatient = new Impatient { At = step };
        impatient.Run = TrainingRun.Start(settings with { OutDir = ended }, impatient);
        ObjectDisposedException error = Assert.Throws<ObjectDisposedException>(() => impatient.Run.Run());
        Assert.Equal(
            "the run was disposed while it trained: it stopped there and saved a checkpoint, from which it can be resumed", error.Message);
        Assert.Throws<ObjectDisposedException>(() => impatient.Run.Run());

        using (var resumed = TrainingRun.Resume(ended)) Assert.True(resumed.Run(TestContext.Current.CancellationToken).IsFinished);
        Assert.Equal(Weights(whole), Weights(ended));
    }

    /// <summary>A model that learns a text in no time.</summary>
    internal static TrainingSettings Small(string text) => new()
    {
        Data = [text],
        VocabSize = 320,
        EmbeddingDim = 8,
        HiddenDim = 8,
        NumLayers = 1,
        BatchSize = 4,
        Bptt = 16,
        LogInterval = 1,
        Threads = 1,
    };

    private static byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(folder, ModelFile.WeightsName));

    // Disposes its run in a step.
    private sealed class Impatient : IRunObserver
    {
        public long At { get; init; }

        public TrainingRun? Run { get; set; }

        public void OnSteps(StepReport report)
        {
            if (report.Step == At) Run!.Dispose();
        }
    }
}
