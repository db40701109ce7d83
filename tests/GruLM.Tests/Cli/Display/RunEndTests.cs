// What is said at the end of a run: at which step it was best, on how much of the held-out text, and whether it went on to learn by heart.

using GruLM.Cli;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Cli.Display;

public sealed class RunEndTests
{
    private const int Tokens = 8_000;

    [Theory]
    [InlineData(4.89, 4.91, 3.24, 11, true)]
    [InlineData(4.89, 4.91, 4.60, 11, false)]
    [InlineData(4.89, 4.91, 3.24, 2, false)]
    [InlineData(4.89, 5.20, 4.60, 2, true)]
    [InlineData(4.89, 5.20, 4.60, 1, false)]
    public void Overfitting_is_named_where_the_figure_rises_or_stands_still_while_the_text_is_learned_by_heart(
        double best, double last, double training, int since, bool isNamed)
    {
        string said = End(Position(best, last) with { EvaluationsSinceBest = since }, training, null);
        Assert.Contains("best held-out figures, at step 252 of 450: NLL 4.8900", said, StringComparison.Ordinal);
        Assert.Equal(isNamed, said.Contains("later epochs overfitted", StringComparison.Ordinal));
        bool isByHeart = isNamed && training < 4;
        Assert.Equal(isByHeart, said.Contains("(training NLL 3.24, held-out 4.91); --patience 3 stops there", StringComparison.Ordinal));
    }

    [Fact]
    public void A_figure_on_a_part_of_the_held_out_text_says_so_and_one_on_all_stands_beside_it()
    {
        string said = End(Position(4.89, 4.89) with { BestStep = 450 }, 4.8, null, heldOut: 44_148);
        Assert.Contains(", at step 450 of 450 (on 8,000 of 44,148 held-out tokens): NLL", said, StringComparison.Ordinal);
        Assert.DoesNotContain("as eval reads them", said, StringComparison.Ordinal);
        said = End(Position(4.89, 4.89), 4.8, Result(4.95, 44_148), heldOut: 44_148);
        Assert.Contains("that model on all 44,148 held-out tokens, as eval reads them: NLL 4.9500", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_losses_are_drawn_in_one_unit_so_that_a_gap_is_seen()
    {
        var display = new TrainingDisplay(TextWriter.Null, live: false);
        foreach (int step in (int[])[1, 50, 100]) display.OnSteps(Step(step, nll: 2 * Math.Log(2)));

        // Two bits a token of two bytes, beside three bits a byte.
        var result = new EvaluationResult(new LossSums(3 * 2 * Math.Log(2) * 10, 10, 5), 20);
        display.OnEvaluation(new EvaluationReport(100, 100, 1, result, IsBest: true));
        string[] lines = display.Curves().Split('\n');
        Assert.Equal("  bits a byte by step: training loss (line), held out (o)", lines[0]);
        Assert.StartsWith("   3.000 │", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("o", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("   1.000 │", lines[8], StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_begins_far_above_the_rest_is_cut_so_that_the_rest_is_seen()
    {
        (double X, double Y)[] line = [(20, 7), (400, 3), (1_000, 2)], marks = [(500, 3), (1_000, 2)];
        string[] rows = LossCurve.Draw(line, marks, "").Split('\n');
        Assert.StartsWith(" ↑ 4.000 │", rows[1], StringComparison.Ordinal);
        Assert.StartsWith("   2.000 │", rows[8], StringComparison.Ordinal);
        line[0] = (20, 4);
        Assert.StartsWith("   4.000 │", LossCurve.Draw(line, marks, "").Split('\n')[1], StringComparison.Ordinal);
        Assert.StartsWith("   4.000 │", LossCurve.Draw(line[..2], [], "").Split('\n')[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "0.05 minutes are time for 1 step or so, 0.1 epochs, at the speed of now\nnote: so few steps teach")]
    [InlineData(450, "0.05 minutes are time for 450 steps or so, 25.0 epochs, at the speed of now\ntraining: ")]
    public void Minutes_that_are_time_for_a_few_steps_are_told_of(int steps, string expected)
    {
        var messages = new StringWriter { NewLine = "\n" };
        new RunDisplay(messages, live: false).OnPlanned(Plan(Tokens) with { Minutes = 0.05, TotalSteps = steps });
        Assert.StartsWith(expected, messages.ToString(), StringComparison.Ordinal);
    }

    private static StepReport Step(int step, double nll) => new(step, 100, 0, step, 1, nll, 0.5, 0.1, 1, 100, 0);

    private static EvaluationResult Result(double nll, int tokens) => new(new LossSums(nll * tokens, tokens, tokens / 4), 3 * tokens);

    private static RunPosition Position(double best, double last) => new()
    {
        Step = 450,
        TotalSteps = 450,
        Best = Result(best, Tokens),
        BestStep = 252,
        Last = Result(last, Tokens),
    };

    private static string End(RunPosition position, double training, EvaluationResult? whole, long heldOut = Tokens)
    {
        var messages = new StringWriter();
        var display = new RunDisplay(messages, live: false);
        display.OnEpoch(new EpochReport(25, 25, 18, 18, new LossSums(training * 100, 100, 20), 1));
        var outcome = new RunOutcome(position, IsFinished: true, IsOutOfPatience: false, KeepsOldModel: false);
        display.WriteEnd(outcome, Plan(heldOut), new TrainingSettings { OutDir = "model" }, whole);
        return messages.ToString();
    }

    private static RunPlan Plan(long heldOut) => new()
    {
        Config = new GruConfig { VocabSize = 300, EmbeddingDim = 8, HiddenDim = 8, NumLayers = 1 },
        Parameters = 1,
        Samples = SampleKind.Stream,
        TokensPerEpoch = 18_000,
        StepsPerEpoch = 18,
        HeldOutTokens = heldOut,
        Lanes = 16,
        Bptt = 64,
        RandomBptt = false,
        TotalSteps = 450,
        StepsDone = 0,
        Kernels = "",
        Threads = 1,
        MemoryBytes = 1,
    };
}
