// A model that adapts as it reads: it gains on a text with a habit of its own, only from what it has been scored on, and nothing of it
// stays.

using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Model;
using GruLM.Training;

namespace GruLM.Tests.Training;

public sealed class DynamicEvaluationTests : IDisposable
{
    private readonly Compute _compute = Compute.Create(2);
    private readonly GruLanguageModel _model;

    public DynamicEvaluationTests()
    {
        var config = new GruConfig { VocabSize = 40, EmbeddingDim = 24, HiddenDim = 24, NumLayers = 2, Dropout = 0.5, TieWeights = true };
        _model = new GruLanguageModel(GradientTests.RandomParameters(config, 0.1), _compute);
    }

    public void Dispose()
    {
        _model.Dispose();
        _compute.Dispose();
    }

    [Fact]
    public void On_a_periodic_text_it_becomes_much_better_and_the_model_stays_as_it_was()
    {
        HeldOutStream text = Periodic(6000);
        float[] before = Values();
        EvaluationResult still = Evaluation.Stream(_model, text);
        EvaluationResult dynamic = Dynamic(text, new DynamicOptions { LearningRate = 0.003 });
        Assert.Equal(still.Sums.Tokens, dynamic.Sums.Tokens);
        Assert.Equal(still.Bytes, dynamic.Bytes);
        Assert.True(dynamic.Sums.MeanNll < 0.6 * still.Sums.MeanNll, $"{dynamic.Sums.MeanNll} after {still.Sums.MeanNll}");
        Assert.True(Dynamic(text, new DynamicOptions()).Sums.MeanNll < still.Sums.MeanNll);
        Assert.Equal(before, Values());
        Assert.Equal(still, Evaluation.Stream(_model, text));
    }

    [Fact]
    public void At_rate_zero_it_is_the_static_figure()
    {
        HeldOutStream text = Periodic(1500);
        EvaluationResult still = Evaluation.Stream(_model, text);

        // To the bit where sums are taken in the same portions.
        Assert.Equal(still, Dynamic(text, new DynamicOptions { Segment = 256, LearningRate = 0 }));
        EvaluationResult other = Dynamic(text, new DynamicOptions { Segment = 37, LearningRate = 0 });
        Assert.Equal(1, other.Sums.Nll / still.Sums.Nll, 1e-12);
        Assert.Equal(still.Sums.Correct, other.Sums.Correct);
    }

    [Fact]
    public void A_segment_is_scored_before_it_is_learned_from()
    {
        HeldOutStream text = Periodic(65);
        Assert.Equal(Evaluation.Stream(_model, text), Dynamic(text, new DynamicOptions { Segment = 64, LearningRate = 0.1 }));

        // What comes later has no part in the figures of what came before.
        HeldOutStream longer = Periodic(129);
        int[] changed = longer.Ids.ToArray();
        for (int i = 70; i < changed.Length; i++) changed[i] = 1;
        var first = new DynamicOptions { Segment = 64, LearningRate = 0.01 };
        double Nll(int[] ids, int count) => Dynamic(new HeldOutStream(ids.AsMemory(0, count), longer.ByteEnds[..count]), first).Sums.Nll;
        Assert.Equal(Nll(longer.Ids.ToArray(), 70), Nll(changed, 70));
    }

    [Fact]
    public void Too_little_text_is_an_error() =>
        Assert.Throws<InvalidDataException>(() => Dynamic(Periodic(1), new DynamicOptions()));

    private EvaluationResult Dynamic(HeldOutStream text, DynamicOptions options) =>
        DynamicEvaluation.Stream(_model.Parameters, _compute, text, options);

    private static HeldOutStream Periodic(int count)
    {
        int[] period = [3, 17, 8, 25, 8, 31, 3, 9, 22, 11, 38];
        int[] ids = [.. Enumerable.Range(0, count).Select(i => period[i % period.Length])];
        long[] byteEnds = [.. Enumerable.Range(1, count).Select(i => (long)i)];
        return new HeldOutStream(ids, byteEnds);
    }

    private unsafe float[] Values() => new ReadOnlySpan<float>(_model.Parameters.Pointer, (int)_model.Parameters.Length).ToArray();
}
