// Every way that work is shared out over a card, against the processor: each kernel of the recurrence, a layer that fits no card and goes
// step by step, batches of all shapes, whose shape changes, and in parts. Which way is taken depends on the card's multiprocessors, so
// cards of several sizes are stood in for.

using System.Text.RegularExpressions;
using GruLM.Cuda;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed partial class CudaShapeTests
{
    private static readonly GruConfig s_small = new() { VocabSize = 20, EmbeddingDim = 12, HiddenDim = 24, NumLayers = 1 };

    /// <summary>All kernels of the recurrence that there are: precision, and units and tiles of a block.</summary>
    public static TheoryData<string, string> Recurrences
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string precision in new[] { "bf16", "fp32" })
            {
                string module = CudaDriver.Text(CudaDriver.ReadModule($"recurrence_{precision}"));
                foreach (Match entry in EntryName().Matches(module)) all.Add(precision, entry.Groups[1].Value);
            }

            return all;
        }
    }

    [Fact]
    public void All_kernels_of_the_recurrence_are_tried() => Assert.True(Recurrences.Count >= 24);

    [Theory]
    [MemberData(nameof(Recurrences))]
    public void Every_kernel_of_the_recurrence_is_right(string precision, string kernel)
    {
        string[] parts = kernel.Split('_');
        string shape = $"{parts[2]}_{parts[3]}";
        (int multiprocessors, int hidden, int lanes) = Find(precision == "bf16", shape, parts[0] == "backward");
        using Card card = TestCard.Open(precision == "bf16", multiprocessors: multiprocessors);
        using var pair = new ModelPair(card, s_small with { HiddenDim = hidden });
        for (int step = 0; step < 3; step++)
        {
            pair.DiscardGradients();
            pair.Step(pair.Batch(steps: 3, lanes, seed: step), step, $"{hidden} units, {lanes} lanes, step {step}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tiles_of_lanes_and_slices_of_units_go_together(bool bfloat16)
    {
        using Card card = TestCard.Open(bfloat16, multiprocessors: 16);
        foreach (bool backward in new[] { false, true })
        {
            RecurrencePlan plan = RecurrencePlan.Choose(card, 40, Card.PadLanes(45), backward)!;
            Assert.True(plan is { Slices: > 1, LaneTiles: > 1 }, plan.ToString());
        }

        using var pair = new ModelPair(card, s_small with { HiddenDim = 40, NumLayers = 2 });
        for (int step = 0; step < 2; step++) pair.Step(pair.Batch(steps: 4, lanes: 45, seed: step), step, $"step {step}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_layer_that_does_not_fit_goes_step_by_step(bool bfloat16)
    {
        using Card card = TestCard.Open(bfloat16, multiprocessors: 1);
        Assert.Null(RecurrencePlan.Choose(card, 70, 32, backward: false));
        Assert.Null(RecurrencePlan.Choose(card, 70, 32, backward: true));
        using var pair = new ModelPair(card, s_small with { HiddenDim = 70, NumLayers = 2, Residual = true, LayerNorm = true });
        for (int step = 0; step < 3; step++)
        {
            pair.DiscardGradients();
            pair.Step(pair.Batch(steps: 4, lanes: 17, seed: step), step, $"step {step}");
        }

        pair.Score(pair.Batch(steps: 1, lanes: 1, seed: 9), "score");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Batches_come_in_all_shapes_and_parts(bool bfloat16)
    {
        using Card card = TestCard.Open(bfloat16);
        using var pair = new ModelPair(card, s_small with { HiddenDim = 40, NumLayers = 2, Dropout = 0.2 });
        (int Steps, int Lanes, int Part)[] shapes =
        [
            (1, 1, 0), (1, 3, 0), (33, 1, 0), (5, 17, 0), (5, 17, 1), (5, 17, 0), (5, 17, 1), (5, 17, 0), (5, 17, 1), (2, 40, 0),
            (33, 3, 0), (2, 40, 1), (1, 3, 0), (1, 3, 0), (1, 3, 0),
        ];
        for (int i = 0; i < shapes.Length; i++)
        {
            (int steps, int lanes, int part) = shapes[i];
            TokenBatch batch = pair.Batch(steps, lanes, seed: i);
            batch.Part = part;
            for (int b = 0; b < lanes; b++) batch.FreshLanes[b] = (b + i) % 5 == 0;
            if (part == 0) pair.DiscardGradients();
            pair.Step(batch, i, $"{steps} x {lanes}, part {part}");
            if (i % 5 == 4) pair.Score(pair.Batch(steps: 7, lanes: i, seed: 100 + i), "score");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Large_vocabularies_go_in_chunks_of_rows_and_common_ids_in_pieces(bool bfloat16)
    {
        using Card card = TestCard.Open(bfloat16);
        using var pair = new ModelPair(card, s_small with { VocabSize = 300, HiddenDim = 16 });

        // 33 x 16 tokens are more rows than a chunk has, and a quarter of them are the same id.
        for (int step = 0; step < 2; step++) pair.Step(pair.Batch(steps: 33, lanes: 16, seed: step), step, $"step {step}");
    }

    // The smallest layer and batch for which a small card takes a kernel.
    private static (int Multiprocessors, int Hidden, int Lanes) Find(bool bfloat16, string shape, bool backward)
    {
        for (int multiprocessors = 1; multiprocessors <= 4; multiprocessors++)
        {
            using Card card = TestCard.Open(bfloat16, multiprocessors: multiprocessors);
            foreach (int hidden in new[] { 8, 24, 40, 56 })
            {
                foreach (int lanes in new[] { 1, 17, 40, 49 })
                {
                    var plan = RecurrencePlan.Choose(card, hidden, Card.PadLanes(lanes), backward);
                    if (plan?.Shape == shape) return (multiprocessors, hidden, lanes);
                }
            }
        }

        throw new InvalidOperationException($"no card of these takes the kernel {shape}: look further, or remove the kernel");
    }

    [GeneratedRegex(@"\.entry ((?:forward|backward)_(?:bf16|fp32)_\d+_\d+)")]
    private static partial Regex EntryName();
}
