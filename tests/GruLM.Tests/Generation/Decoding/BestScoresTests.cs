// The best scores from fewer bytes are those of all bytes: ids, bits and order, for every k, and so is the token that is drawn.

using GruLM.Cli.Demo;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Model;

namespace GruLM.Tests.Generation;

public sealed class BestScoresTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grulm-best-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Of_a_trained_model_the_best_are_the_same_for_every_k_on_ten_thousand_states()
    {
        const int States = 10_000, Vocab = 512;
        string text = Path.Combine(_root, "text.txt"), folder = Path.Combine(_root, "model");
        File.WriteAllText(text, SampleCorpus.Generate(3, 60_000));
        var settings = new TrainingSettings
        {
            Data = [text],
            OutDir = folder,
            VocabSize = Vocab,
            EmbeddingDim = 32,
            HiddenDim = 72,
            TieWeights = false,
            NumLayers = 2,
            Residual = true,
            BatchSize = 8,
            Bptt = 32,
            MaxSteps = 120,
            Threads = 1,
        };
        using (var run = TrainingRun.Start(settings)) run.Run(TestContext.Current.CancellationToken);
        using GruParameters parameters = ModelFile.Load(folder).Parameters;
        Assert.True(Compare(parameters, 2, States) < 0.9, "nearly all rows were computed");
    }

    [Theory]
    [InlineData(2, 1, 1)]
    [InlineData(15, 9, 1)]
    [InlineData(16, 8, 2)]
    [InlineData(257, 50, 3)]
    [InlineData(1000, 130, 2)]
    public void Of_any_weights_the_best_are_the_same(int vocab, int hidden, int layers)
    {
        foreach (bool hasNorm in (bool[])[false, true])
        {
            var config = new GruConfig
            {
                VocabSize = vocab,
                EmbeddingDim = hidden,
                HiddenDim = hidden,
                NumLayers = layers,
                LayerNorm = hasNorm,
                Residual = !hasNorm,
            };
            using GruParameters parameters = GradientTests.RandomParameters(config, 0.4);
            foreach (int threads in (int[])[1, 3]) Compare(parameters, threads, 200);
        }
    }

    [Fact]
    public unsafe void Bounds_hold_for_weights_and_activations_at_the_edges()
    {
        Assert.SkipUnless(Int8UpperHalves.IsSupported, "needs AVX2");
        var products = Int8Compute.Create(Int8Path.Scalar);
        var random = new Random(3);
        foreach ((int rows, int columns) in ((int, int)[])[(16, 1), (40, 24), (16, 33), (80, 516), (16, 16384)])
        {
            float[] weights = [.. Enumerable.Range(0, rows * columns).Select(_ => Edge(random) / 127f)];
            fixed (float* source = weights)
            {
                using var matrix = new Int8Matrix(products, source, columns, columns, [.. Enumerable.Range(0, rows)]);
                using var upper = new Int8UpperHalves(matrix);
                upper.Fill(0, matrix.PaddedRows);
                sbyte[] activations = new sbyte[matrix.PaddedColumns];
                float[] scores = new float[matrix.PaddedRows], peaks = new float[matrix.PaddedRows / Int8Matrix.RowStep];
                for (int i = 0; i < 20; i++)
                {
                    for (int j = 0; j < columns; j++) activations[j] = i == 0 ? (sbyte)-127 : Edge(random);
                    fixed (sbyte* x = activations)
                    fixed (float* bounds = scores, highest = peaks)
                    {
                        upper.Bound(0, matrix.PaddedRows, x, 0.5f, bounds, highest);
                    }

                    for (int row = 0; row < matrix.PaddedRows; row++)
                    {
                        int sum = Enumerable.Range(0, columns).Sum(column => matrix[row, column] * activations[column]);
                        Assert.True(scores[row] >= sum * (matrix.Scales[row] * 0.5f), $"row {row} of {rows} x {columns}");
                        Assert.True(peaks[row / Int8Matrix.RowStep] >= scores[row]);
                    }
                }
            }
        }
    }

    [Fact]
    public void As_many_of_the_best_as_are_needed_give_the_token_that_all_give()
    {
        SamplerKind[] lateCut = [SamplerKind.TopP, SamplerKind.TopK, SamplerKind.Temperature];
        var usual = new SamplingOptions();
        (SamplingOptions Options, bool Expected)[] cases =
        [
            (usual, true), (usual with { Temperature = 0 }, true), (usual with { TopK = 0 }, false), (usual with { Mirostat = 2 }, false),
            (usual with { RepeatPenalty = 1.3, PresencePenalty = 0.5 }, true), (usual with { PresencePenalty = -0.5 }, false),
            (usual with { Temperature = 0, RepeatPenalty = 2 }, true), (usual with { DryMultiplier = 0.8 }, false),
            (usual with { LogitBias = new Dictionary<int, float> { [3] = -5, [4] = -100 } }, true), (usual with { TopK = 1 }, true),
            (usual with { LogitBias = new Dictionary<int, float> { [3] = 1 } }, false), (usual with { Samplers = lateCut }, false),
        ];
        foreach ((SamplingOptions options, bool expected) in cases)
        {
            Sampler all = new(options with { Seed = 7 }), few = new(options with { Seed = 7 });
            Assert.Equal(expected, few.BestNeeded() > 0);
            if (!expected) continue;
            for (int i = 0; i < 400; i++)
            {
                float[] scores = RandomScores.Of(300, i);
                int[] forbidden = [i % 300, (i + 1) % 300];
                int token = all.Sample(scores, forbidden);
                Assert.Equal(token, few.Sample(OnlyBest(scores, few.BestNeeded(forbidden.Length)), forbidden));
                all.Accept(token);
                few.Accept(token);
            }
        }
    }

    [Fact]
    public void Of_two_ways_the_faster_is_taken()
    {
        TimedChoice faster = new(4, 3, 10), slower = new(4, 3, 10);
        List<bool> taken = [];
        for (int i = 0; i < 40; i++)
        {
            taken.Add(faster.IsOther);
            faster.Took(faster.IsOther ? 50 : 100);
            slower.Took(slower.IsOther ? 100 : 50);
        }

        Assert.Equal([.. Enumerable.Repeat(false, 7), .. Enumerable.Repeat(true, 13), .. Enumerable.Repeat(false, 3)], taken.Take(23));
        Assert.Equal((false, true), (faster.IsGivenUp, slower.IsGivenUp));
        Assert.False(slower.IsOther);
    }

    // Scores that are not among the best become any that are lower.
    private static float[] OnlyBest(float[] scores, int best)
    {
        int[] order = [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i] + 0f).ThenBy(i => i)];
        float least = scores[order[Math.Min(best, scores.Length) - 1]];
        float[] few = [.. scores];
        foreach (int i in order.Skip(best))
        {
            if (scores[i] < least) few[i] = i % 2 == 0 ? MathF.BitDecrement(least) : float.NegativeInfinity;
        }

        return few;
    }

    // Compares the best scores of so many states with all, k from 1 to the whole vocabulary again and again; the answer is the share of the
    // rows that had to be computed for the smaller half of these.
    private static double Compare(GruParameters parameters, int threads, int states)
    {
        using var compute = Compute.Create(threads);
        using Int8Decoder whole = new(parameters, compute), part = new(parameters, compute);
        (whole.Best.IsOn, part.Best.IsOn) = (false, true);
        using IDecodingSession reader = whole.CreateSession(), other = part.CreateSession();
        int vocab = parameters.Config.VocabSize;
        var sampler = new Sampler(new SamplingOptions { Temperature = 1 });
        ScoreRow all = new(), few = new();
        Ranking ranking = new(compute.Path), otherRanking = new(compute.Path);
        all.Reserve(vocab);
        few.Reserve(vocab);
        double rows = 0;
        int id = 0, counted = 0;
        for (int i = 0; i < states; i++)
        {
            int best = 1 + (i % vocab);
            reader.Read(id);
            other.Read(id);
            reader.Logits().CopyTo(all.Numbers(vocab));
            other.BestLogits(best).CopyTo(few.Numbers(vocab));
            all.Fill(vocab);
            few.Fill(vocab);
            int[] expected = [.. ranking.Largest(all, vocab, best)];
            Assert.Equal(expected, otherRanking.Largest(few, vocab, best));
            foreach (int token in expected) Assert.Equal(all[token], few[token]);
            id = sampler.Sample(reader.Logits());
            if (best > vocab / 16) continue;
            rows += part.Best.Rows;
            counted++;
        }

        return rows / Math.Max(1, counted);
    }

    private static sbyte Edge(Random random) => random.Next(3) switch
    {
        0 => 127,
        1 => -127,
        _ => (sbyte)random.Next(-127, 128),
    };
}
