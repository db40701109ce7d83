// The demo's promise: the model's figure stands beside the held-out text's own -log p, and never under it. A figure under it would
// be a leak of held-out text or a wrong count.

using GruLM.Cli.Demo;
using GruLM.Kernels;
using GruLM.Training;

namespace GruLM.Tests.Demo;

public sealed class DemoTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-demo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_model_learns_the_sample_text_but_never_beats_its_own_probability()
    {
        var settings = new DemoSettings { OutDir = _folder, Bytes = 400_000 };
        (string? training, string? heldOut) = DemoRun.Texts(settings);
        string text = Path.Combine(_folder, "text.txt"), heldOutText = Path.Combine(_folder, "held-out.txt");
        File.WriteAllText(text, training);
        File.WriteAllText(heldOutText, heldOut);
        TrainingSettings recipe = DemoRun.Recipe with
        {
            HiddenDim = 64,
            EmbeddingDim = 64,
            Epochs = 2,
            EvalInterval = 0,
            LearningRate = 0.015,
            Data = [text],
            ValData = heldOutText,
            OutDir = Path.Combine(_folder, "model"),
            Threads = 2,
        };
        using (var run = TrainingRun.Start(recipe)) run.Run();

        using var compute = Compute.Create(2);
        (DemoRun.Figures figures, EvaluationResult evaluation) = DemoRun.Evaluate(recipe.OutDir, heldOut, compute, default);
        Assert.InRange(figures.ModelBits, figures.OwnBits, 2.2 * figures.OwnBits);
        Assert.InRange(evaluation.Bytes, heldOut.Length - 20, heldOut.Length - 1);
    }

    [Fact]
    public void Held_out_stories_are_not_in_the_training_text()
    {
        (string? training, string? heldOut) = DemoRun.Texts(new DemoSettings { OutDir = _folder, Bytes = 2_000_000 });
        HashSet<string> stories = training.Split("\n\n").ToHashSet();

        // Very short talks can coincide by chance; stories cannot.
        Assert.DoesNotContain(heldOut.Split("\n\n"), d => d.Length > 200 && stories.Contains(d));
        Assert.Equal(SampleCorpus.NegativeLogLikelihood(heldOut), SampleCorpus.Documents(heldOut).Sum(d => d.Nats), 1e-6);
    }
}
