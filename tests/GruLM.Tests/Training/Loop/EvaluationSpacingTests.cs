// Runs of few epochs are evaluated about ten times, runs of many at the end of each epoch.
using GruLM.Training;

namespace GruLM.Tests.Training;

public sealed class EvaluationSpacingTests
{
    [Theory]
    [InlineData(1000, 100, null)]
    [InlineData(700, 100, null)]
    [InlineData(400, 100, 50)]
    [InlineData(100, 100, 10)]
    [InlineData(30, 100, 4)]
    [InlineData(3, 100, 1)]
    [InlineData(100, 7, null)]
    [InlineData(7, 7, 1)]
    public void Steps_between_evaluations_follow_from_the_length_of_the_run(long total, int stepsInEpoch, int? steps) =>
        Assert.Equal(steps, EvaluationSpacing.Steps(10, total, stepsInEpoch));

    [Fact]
    public void Nothing_is_spaced_where_nobody_wants_it() => Assert.Null(EvaluationSpacing.Steps(0, 100, 100));
}
