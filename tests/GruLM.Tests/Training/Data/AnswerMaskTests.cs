// Loss on answers alone: what counts, in windows of any size, in training and in evaluation.

using FsCheck;
using FsCheck.Fluent;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Training;

public class AnswerMaskTests
{
    private const int Bos = 1, End = 2, Prompt = 3, Ai = 4;
    private static readonly GruConfig s_sizes = new() { VocabSize = 20, EmbeddingDim = 8, HiddenDim = 8, NumLayers = 1 };
    private static readonly AnswerMask s_mask = new(Prompt, Ai, End);

    [Fact]
    public void Answers_count_up_to_their_end_and_nothing_else_does()
    {
        int[] line = [Prompt, 10, Ai, 11, 12, End, 13, Prompt, 14, Ai, 15, Prompt, 16, Ai];
        Assert.Equal([3, 4, 5, 10, 14], Enumerable.Range(0, line.Length + 1).Where(i => s_mask.Counts(line, i)));
        Assert.Equal(5, s_mask.Count(line));
        Assert.Equal(0, s_mask.Count([10, 11]));
    }

    [Fact]
    public void Windows_of_any_size_count_the_same_tokens() => Prop.ForAll<int[][], PositiveInt>((choices, size) =>
    {
        int[][] lines = [.. choices.Select(line => line.Select(c => 2 + ((c & int.MaxValue) % 6)).ToArray())];
        if (lines.Length == 0) return;
        var data = new LineSamples(lines, Bos, End, batchSize: 3, bptt: 1 + (size.Get % 7), seed: 1, s_mask);
        var counted = new List<int>();
        for (int i = 0; i < data.StepsInEpoch(0); i++) counted.AddRange(data.Batch(0, i).Targets.Where(t => t != TokenBatch.Ignored));
        Assert.Equal(lines.SelectMany(Counted).Order(), counted.Order());
        Assert.Equal(counted.Count, data.TokensPerEpoch);

        static IEnumerable<int> Counted(int[] line) =>
            Enumerable.Range(0, line.Length + 1).Where(i => s_mask.Counts(line, i)).Select(i => i == line.Length ? End : line[i]);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Evaluation_counts_answers_and_prompts_are_still_read()
    {
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Create(s_sizes, compute, seed: 3);
        int[] line = [Prompt, 10, 11, Ai, 12, 13];
        EvaluationResult result = Evaluation.Lines(model, new HeldOutLines([line], [7], Bos, End, s_mask));
        var batch = new TokenBatch(7, 1) { StartsFresh = true };
        const int Ignored = TokenBatch.Ignored;
        int[] inputs = [Bos, .. line], targets = [Ignored, Ignored, Ignored, Ignored, 12, 13, End];
        inputs.CopyTo(batch.Inputs, 0);
        targets.CopyTo(batch.Targets, 0);
        Assert.Equal(model.Evaluate(batch), result.Sums);
        Assert.Equal((3, 8), (result.Sums.Tokens, result.Bytes));
    }

    [Fact]
    public void A_window_in_which_nothing_counts_carries_the_state_and_changes_no_weight()
    {
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Create(s_sizes, compute, seed: 3);
        float[] Weights() => [.. model.Parameters.Views.SelectMany(v => model.Parameters.Span(v.Name).ToArray())];
        float[] before = Weights();
        int[] line = [Prompt, .. Enumerable.Repeat(10, 30), Ai, 12];
        var data = new LineSamples([line], Bos, End, batchSize: 1, bptt: 8, seed: 1, s_mask);
        Train(3);
        Assert.Equal(before, Weights());
        TrainingResult whole = Train(0);
        Assert.NotEqual(before, Weights());
        Assert.Equal(2, whole.Position.Tokens);

        TrainingResult Train(long steps)
        {
            var options = new TrainingOptions { MaxSteps = steps, Epochs = 1, BatchSize = 1, Bptt = 8 };
            return new Trainer(model, data, null, options, null, new SilentObserver()).Run();
        }
    }
}
