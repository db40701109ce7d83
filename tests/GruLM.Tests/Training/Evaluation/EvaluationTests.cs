// Held-out figures against their definitions, computed token by token with the plain model.

using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Model;
using GruLM.Training;

namespace GruLM.Tests.Training;

public sealed class EvaluationTests : IDisposable
{
    private readonly Compute _compute = Compute.Create(2);
    private readonly GruLanguageModel _model;
    private readonly PlainGruModel<double> _plain;
    private readonly GruConfig _config =
        new() { VocabSize = 17, EmbeddingDim = 8, HiddenDim = 8, NumLayers = 2, Dropout = 0.5, TieWeights = true };

    public EvaluationTests()
    {
        _model = new GruLanguageModel(GradientTests.RandomParameters(_config, 0.4), _compute);
        _plain = new PlainGruModel<double>(_config, PlainGruModel<double>.Copy(_model.Parameters));
    }

    public void Dispose()
    {
        _model.Dispose();
        _compute.Dispose();
    }

    [Fact]
    public void As_a_stream_every_token_but_the_first_is_predicted_with_the_state_carried()
    {
        HeldOutStream text = Text(600);
        EvaluationResult result = Evaluation.Stream(_model, text);
        Assert.Equal(599, result.Sums.Tokens);
        Assert.Equal(text.ByteEnds.Span[^1] - text.ByteEnds.Span[0], result.Bytes);
        Assert.Equal(Nll(text.Ids.Span.ToArray()), result.Sums.Nll, 1e-3);
        Assert.Equal(result.Sums.Nll / Math.Log(2) / result.Bytes, result.BitsPerByte, 1e-12);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(64)]
    [InlineData(599)]
    [InlineData(10_000)]
    public void In_windows_each_starts_from_zero_and_only_the_first_token_goes_unscored(int size)
    {
        HeldOutStream text = Text(600);
        int[] ids = text.Ids.Span.ToArray();
        double expected = 0;
        for (int start = 0; start < 599; start += size) expected += Nll(ids[start..Math.Min(600, start + size + 1)]);
        EvaluationResult result = Evaluation.Windows(_model, text, size);
        Assert.Equal(599, result.Sums.Tokens);
        Assert.Equal(expected, result.Sums.Nll, 1e-3);
    }

    [Fact]
    public void The_quick_figure_is_near_the_exact_one_and_counts_the_same_tokens()
    {
        HeldOutStream text = Text(40_001);
        EvaluationResult exact = Evaluation.Stream(_model, text);
        EvaluationResult quick = Evaluation.QuickStream(_model, text);
        Assert.Equal(exact.Sums.Tokens, quick.Sums.Tokens);
        Assert.Equal(exact.Bytes, quick.Bytes);
        Assert.Equal(1, quick.Sums.Nll / exact.Sums.Nll, 1e-4);
        Assert.Equal(5000, Evaluation.QuickStream(_model, text, maxTokens: 5000).Sums.Tokens);
    }

    [Fact]
    public void As_lines_each_id_and_the_end_are_predicted_and_the_end_counts_one_byte()
    {
        const int Bos = 1, End = 2;
        int[][] lines = [[5, 6, 7], [], [8], [.. Enumerable.Range(0, 300).Select(i => i % 17)]];
        int[] bytes = [6, 0, 2, 700];
        EvaluationResult result = Evaluation.Lines(_model, new HeldOutLines(lines, bytes, Bos, End));
        Assert.Equal(lines.Sum(l => l.Length + 1), result.Sums.Tokens);
        Assert.Equal(bytes.Sum() + 4, result.Bytes);
        Assert.Equal(lines.Sum(l => Nll([Bos, .. l, End])), result.Sums.Nll, 1e-3);
    }

    [Fact]
    public void Too_little_text_is_an_error()
    {
        Assert.Throws<InvalidDataException>(() => Evaluation.Stream(_model, Text(1)));
        Assert.Throws<InvalidDataException>(() => Evaluation.Lines(_model, new HeldOutLines([], [], 1, 2)));
    }

    private static HeldOutStream Text(int count)
    {
        var random = new Philox(8, RandomPurpose.Shuffle);
        int[] ids = [.. Enumerable.Range(0, count).Select(i => random.Below(17, 0, (ulong)i))];
        long end = 0;
        return new HeldOutStream(ids, ids.Select(id => end += 1 + (id % 3)).ToArray());
    }

    private double Nll(int[] ids)
    {
        var batch = new TokenBatch(ids.Length - 1, 1);
        Array.Copy(ids, batch.Inputs, ids.Length - 1);
        Array.Copy(ids, 1, batch.Targets, 0, ids.Length - 1);
        return _plain.LossAndGradients(batch).Loss * (ids.Length - 1);
    }
}
