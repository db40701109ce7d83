// How many steps fit into a time: pure arithmetic on times that are told, so nothing here depends on the clock.

using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Training;

public sealed class TimeBudgetTests
{
    private static readonly TrainingOptions s_options = new();

    [Fact]
    public void Steps_follow_the_speed_that_is_found()
    {
        // 100 s, of which the last evaluation and saving take 4 and those at the end of each epoch of 50 steps 4 more.
        var budget = new TimeBudget(100, new SpeedMeasurement(0.1, 2, 1));
        long first = budget.StepsLeft(0, new Epochs(50), s_options);
        Assert.InRange(first, 500, 550);

        // Twice as slow for a tenth of the time: the estimate moves half of the way, and further when it stays so.
        for (int i = 0; i < 50; i++) budget.OnStep(0.2);
        long second = budget.StepsLeft(10, new Epochs(50), s_options);
        Assert.InRange(second, 340, 400);
        for (int i = 0; i < 45; i++) budget.OnStep(0.2);
        Assert.True(budget.StepsLeft(10, new Epochs(50), s_options) < second);

        // Nothing new changes nothing.
        Assert.Equal(budget.StepsLeft(50, new Epochs(50), s_options), budget.StepsLeft(50, new Epochs(50), s_options));
        budget.OnEvaluation(20);
        Assert.InRange(budget.StepsLeft(50, new Epochs(50), s_options), 30, 60);
    }

    [Fact]
    public void It_is_looked_at_more_often_towards_the_end_and_not_after_it()
    {
        var budget = new TimeBudget(100, new SpeedMeasurement(0.1, 0, 0));
        Assert.True(budget.LookDue(0));
        budget.StepsLeft(0, new Epochs(50), s_options);
        Assert.False(budget.LookDue(9.9));
        Assert.True(budget.LookDue(10));
        budget.StepsLeft(90, new Epochs(50), s_options);
        Assert.False(budget.LookDue(90.9));
        Assert.True(budget.LookDue(91));
        Assert.False(budget.LookDue(100));
        Assert.Equal(1, budget.StepsLeft(120, new Epochs(50), s_options));
    }

    private sealed class Epochs(int steps) : ITrainingData
    {
        public SampleKind Kind => SampleKind.Stream;

        public long TokensPerEpoch => steps;

        public int StepsInEpoch(int epoch) => steps;

        public TokenBatch Batch(int epoch, int index) => throw new NotSupportedException();
    }
}
