// A model that is trained further: what it gains and what it forgets.

using GruLM.Model;

namespace GruLM.Tests;

public sealed class FineTuningTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tuning-").FullName;
    private readonly TrainingSettings _first;
    private readonly TrainingSettings _second;

    public FineTuningTests()
    {
        string old = Path.Combine(_folder, "old.txt"), text = Path.Combine(_folder, "new.txt");
        File.WriteAllLines(old, Enumerable.Range(0, 400).Select(i => $"the {i % 7} cats see the {i % 5} dogs"));
        File.WriteAllLines(text, Enumerable.Range(0, 300).Select(i => $"SHIP {i % 3} SAILS AT {i % 9}"));
        _first = new TrainingSettings
        {
            Data = [old],
            OutDir = Path.Combine(_folder, "first"),
            VocabSize = 330,
            EmbeddingDim = 24,
            HiddenDim = 24,
            NumLayers = 1,
            LearningRate = 0.01,
            Epochs = 4,
            Threads = 1,
        };
        _second = new TrainingSettings
        {
            Data = [text],
            OutDir = Path.Combine(_folder, "second"),
            InitFrom = _first.OutDir,
            Epochs = 3,
            Threads = 1,
        };
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Figures_before_and_after_are_those_that_evaluating_gives()
    {
        using (var first = TrainingRun.Start(_first)) first.Run(TestContext.Current.CancellationToken);
        double own = ModelEvaluation.Run(_first.OutDir, TestContext.Current.CancellationToken).Plain.BitsPerByte;
        FineTuningFigures figures;
        using (var second = TrainingRun.Start(_second))
        {
            Assert.NotNull(second.Plan.Before);
            figures = second.Run(TestContext.Current.CancellationToken).FineTuning!;
        }

        double after = ModelEvaluation.Run(_second.OutDir, TestContext.Current.CancellationToken).Plain.BitsPerByte;
        Assert.Equal(own, figures.OldBefore!.Value.BitsPerByte, 1e-4);
        Assert.Equal(after, figures.After.BitsPerByte, 1e-4);
        Assert.True(figures.After.BitsPerByte < figures.Before.BitsPerByte);
        Assert.True(figures.OldAfter!.Value.BitsPerByte > figures.OldBefore.Value.BitsPerByte);
    }

    [Theory]
    [InlineData(true, true, false, true)]
    [InlineData(true, true, true, false)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, false, false)]
    public void That_a_model_was_trained_on_answers_alone_is_said_where_the_next_run_is_not(
        bool wasMasked, bool hasAnswers, bool isMasked, bool isSaid)
    {
        string talk = Path.Combine(_folder, "talk.txt");
        File.WriteAllLines(talk, Enumerable.Range(0, 200).Select(i => $"<prompt> say {i % 7} <ai> here is {i % 7}"));
        TrainingSettings first = _first with { Data = [talk], Samples = SampleKind.Lines, MaskPrompt = wasMasked, MaxSteps = 2 };
        using (var run = TrainingRun.Start(first)) run.Run(TestContext.Current.CancellationToken);
        var notices = new Notices();
        TrainingSettings second = _second with { MaskPrompt = isMasked, MaxSteps = 2 };
        if (hasAnswers) second = second with { Data = [talk] };
        using (TrainingRun.Start(second, notices)) Assert.Equal(isSaid ? 1 : 0, notices.Count(n => n.Contains("add 'MaskPrompt'")));
    }

    [Fact]
    public void Without_the_first_text_the_new_one_is_compared_alone()
    {
        using (var first = TrainingRun.Start(_first)) first.Run(TestContext.Current.CancellationToken);
        File.Delete(_first.Data[0]);
        using var second = TrainingRun.Start(_second);
        FineTuningFigures figures = second.Run(TestContext.Current.CancellationToken).FineTuning!;
        Assert.Null(figures.OldBefore);
        Assert.True(figures.After.BitsPerByte < figures.Before.BitsPerByte);
    }

    [Fact]
    public void A_run_that_is_done_evaluates_nothing_again()
    {
        using (var first = TrainingRun.Start(_first)) first.Run(TestContext.Current.CancellationToken);
        using (var second = TrainingRun.Start(_second)) second.Run(TestContext.Current.CancellationToken);
        using var done = TrainingRun.Resume(_second.OutDir);
        Assert.True(done.Plan.IsDone);
        Assert.Null(done.Plan.Before);
    }

    private sealed class Notices : List<string>, IRunObserver
    {
        public void OnNotice(string notice) => Add(notice);

        public void OnNotice(long step, string message) => Add(message);
    }
}
