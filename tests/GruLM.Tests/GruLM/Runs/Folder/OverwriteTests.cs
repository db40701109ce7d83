// A model that is to be replaced stays until the new run has one that was evaluated or was due to be saved; who opens a folder in the
// middle of the change finishes it, whichever way it is opened.

using GruLM.Cli.Demo;
using GruLM.Model;

namespace GruLM.Tests;

public sealed class OverwriteTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-overwrite-").FullName;
    private readonly string _folder;
    private readonly TrainingSettings _old;
    private readonly TrainingSettings _new;

    public OverwriteTests()
    {
        string text = Path.Combine(_root, "text.txt");
        _folder = Path.Combine(_root, "model");
        File.WriteAllText(text, SampleCorpus.Generate(5, 3_000));
        _old = new TrainingSettings
        {
            Data = [text],
            OutDir = _folder,
            VocabSize = 320,
            EmbeddingDim = 4,
            HiddenDim = 4,
            NumLayers = 1,
            BatchSize = 2,
            Bptt = 8,
            MaxSteps = 3,
            Threads = 1,
        };
        _new = _old with { HiddenDim = 6, EmbeddingDim = 6, Overwrite = true };
        Train(_old);
    }

    private string Next => Path.Combine(_folder, "next-model");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_run_that_is_stopped_before_it_was_evaluated_leaves_the_old_model_and_goes_on()
    {
        using (var run = TrainingRun.Start(_new))
        {
            RunOutcome outcome = run.Run(new CancellationToken(true));
            Assert.Equal((false, true), (outcome.IsFinished, outcome.KeepsOldModel));
        }

        Assert.Equal(4, HiddenDim());
        var notices = new Notices();
        using (var run = TrainingRun.Resume(_folder, observer: notices)) Assert.False(run.Run().KeepsOldModel);
        Assert.Contains(notices.All, notice => notice.Contains("the run that is to replace the model", StringComparison.Ordinal));
        Assert.Equal(6, HiddenDim());
        Assert.False(Directory.Exists(Next));
    }

    [Fact]
    public void A_run_that_never_trains_leaves_nothing()
    {
        TrainingRun.Start(_new).Dispose();
        Assert.False(Directory.Exists(Next));
        Assert.Equal(4, HiddenDim());
    }

    [Fact]
    public void A_text_that_would_go_with_the_old_run_is_refused()
    {
        string inside = Path.Combine(_folder, "training", "text.txt");
        File.Copy(_old.Data[0], inside);
        IOException error = Assert.Throws<IOException>(() => TrainingRun.Start(_new with { Data = [inside] }));
        Assert.Contains("copy it to another place first", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(inside));
    }

    [Theory]
    [InlineData("open")]
    [InlineData("evaluate")]
    [InlineData("configuration")]
    [InlineData("tokenizer")]
    [InlineData("start from")]
    [InlineData("resume")]
    public void Whoever_opens_a_folder_in_the_middle_of_the_change_finishes_it(string how)
    {
        string moving = Next + ".moving";
        Directory.CreateDirectory(moving);
        foreach (string file in Directory.GetFiles(_folder)) File.Move(file, Path.Combine(moving, Path.GetFileName(file)));
        switch (how)
        {
            case "open":
                LanguageModel.Open(_folder, threads: 1).Dispose();
                break;
            case "evaluate":
                ModelEvaluation.Run(_folder);
                break;
            case "configuration":
                ModelFolder.ReadConfig(_folder);
                break;
            case "tokenizer":
                Assert.True(File.Exists(ModelFolder.TokenizerPath(_folder)));
                break;
            case "start from":
                Train(new TrainingSettings { Data = _old.Data, OutDir = Path.Combine(_root, "tuned"), InitFrom = _folder, MaxSteps = 1 });
                break;
            default:
                TrainingRun.Resume(_folder).Dispose();
                break;
        }

        Assert.False(Directory.Exists(moving));
        Assert.Equal(4, HiddenDim());
    }

    [Fact]
    public void Nonsense_is_refused_by_name()
    {
        Assert.Contains("'OutDir'", Refused(() => TrainingRun.Start(_old with { OutDir = null! })), StringComparison.Ordinal);
        Assert.Contains("'Data'", Refused(() => TrainingRun.Start(_old with { Data = null! })), StringComparison.Ordinal);
        Assert.Contains("'Data'", Refused(() => TrainingRun.Start(_old with { Data = [""] })), StringComparison.Ordinal);
        Assert.Contains("null", Refused(() => TrainingRun.Resume(_folder, _ => null!)), StringComparison.Ordinal);
        Assert.Contains("'OutDir'", Refused(() => TrainingRun.Resume(_folder, s => s with { OutDir = "x" })), StringComparison.Ordinal);

        static string Refused(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;
    }

    private static void Train(TrainingSettings settings)
    {
        using var run = TrainingRun.Start(settings);
        Assert.True(run.Run().IsFinished);
    }

    private int HiddenDim() => ModelFile.LoadConfig(_folder).Config.HiddenDim;

    private sealed class Notices : IRunObserver
    {
        public List<string> All { get; } = [];

        public void OnNotice(string notice) => All.Add(notice);
    }
}
