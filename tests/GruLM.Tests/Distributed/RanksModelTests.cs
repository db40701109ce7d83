// Several processes train one model: the same losses as one process with the whole batch, the same bits in all of them, and a run that
// goes on with another number of processes goes on as it would have.

using FsCheck;
using FsCheck.Fluent;
using GruLM.Distributed;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Distributed;

public sealed class RanksModelTests : IDisposable
{
    private const int Steps = 12;

    // A rank is a thread, and has threads of its own.
    private static readonly ThreadLocal<Compute> s_compute = new(() => Compute.Create(1));

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-ranks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(2, "plain")]
    [InlineData(3, "plain")]
    [InlineData(4, "untied")]
    [InlineData(2, "norm")]
    [InlineData(3, "dropout")]
    [InlineData(2, "locked")]
    [InlineData(3, "parts")]
    [InlineData(2, "untied parts")]
    [InlineData(2, "small vocabulary")]
    [InlineData(4, "few lanes")]
    [InlineData(4, "few lanes locked")]
    [InlineData(3, "muon")]
    public void They_train_as_one_process_does(int count, string kind)
    {
        double[] alone = ThreadLink.Run(1, group => Losses(Model(kind), kind))[0];
        double[][] together = ThreadLink.Run(count, group => Losses(group.Together(Model(kind)), kind));
        for (int i = 0; i < alone.Length; i++) Assert.Equal(alone[i], together[0][i], 1e-5 * Math.Abs(alone[i]));
        Assert.All(together, losses => Assert.Equal(together[0], losses));
        Assert.True(alone[^1] < alone[0], "something was learned");
    }

    [Fact]
    public void Gradients_that_travel_in_bfloat16_train_nearly_as_well()
    {
        double[] alone = ThreadLink.Run(1, group => Losses(Model("plain"), "plain"))[0];
        double[][] together = ThreadLink.Run(2, group => Losses(group.Together(Model("plain"), isBf16: true), "plain"));
        Assert.All(together, losses => Assert.Equal(together[0], losses));
        Assert.NotEqual(alone, together[0]);
        for (int i = 0; i < alone.Length; i++) Assert.Equal(alone[i], together[0][i], 0.02 * Math.Abs(alone[i]));
    }

    [Fact]
    public void All_have_the_same_parameters_to_the_bit()
    {
        float[][] weights = ThreadLink.Run(3, group =>
        {
            using ITrainableModel model = group.Together(Model("dropout"));
            Train(model, "dropout", 0, Steps);
            return model.Parameters.Read("gru.weight_hh_l1");
        });
        Assert.All(weights, own => Assert.Equal(weights[0], own));
    }

    [Fact]
    public void Some_lanes_of_any_batch_are_a_share_of_it()
    {
        Gen<(int Lanes, int Count)> gen = Gen.Choose(1, 100).SelectMany(lanes => Gen.Choose(1, 20), (lanes, count) => (lanes, count));
        Prop.ForAll(Arb.From(gen), batch =>
        {
            LanePlace[] places = [.. Enumerable.Range(0, batch.Count).Select(r => LanePlace.Of(batch.Lanes, r, batch.Count))];
            int next = 0;
            foreach (LanePlace place in places)
            {
                Assert.Equal(next, place.First);
                next += place.Lanes;
            }

            Assert.Equal(batch.Lanes, next);
            Assert.InRange(places.Max(p => p.Lanes) - places.Min(p => p.Lanes), 0, 1);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    [InlineData(1, 4)]
    [InlineData(4, 2)]
    public void A_checkpoint_goes_on_with_any_number_of_processes(int before, int after)
    {
        const string Kind = "dropout";
        double[] whole = ThreadLink.Run(before, group =>
        {
            using ITrainableModel model = Of(group);
            return Train(model, Kind, 0, Steps);
        })[0];
        string state = Path.Combine(_folder, "training.safetensors");
        ThreadLink.Run(before, group =>
        {
            using ITrainableModel model = Of(group);
            Train(model, Kind, 0, Steps / 2);
            if (group.Rank == 0) model.Save(_folder);
            model.SaveTrainingState(group.Rank == 0 ? state : "");
            return 0;
        });
        double[] rest = ThreadLink.Run(after, group =>
        {
            using ITrainableModel model = Of(group, ModelFile.Load(_folder).Parameters);
            model.LoadTrainingState(state);
            return Train(model, Kind, Steps / 2, Steps);
        })[0];

        Assert.All(rest.Index(), one => Assert.Equal(whole[^(rest.Length - one.Index)], one.Item, 1e-5 * Math.Abs(one.Item)));

        static ITrainableModel Of(RankGroup group, GruParameters? parameters = null) =>
            group.Count == 1 ? Model(Kind, parameters) : group.Together(Model(Kind, parameters));
    }

    [Fact]
    public void Evaluation_is_shared_out_and_gives_the_same_figures()
    {
        var text = new HeldOutStream(Ids(3000, 40), Enumerable.Range(1, 3000).Select(i => (long)i).ToArray());
        EvaluationResult alone = ThreadLink.Run(1, _ => Evaluate(Model("plain")))[0];
        EvaluationResult[] together = ThreadLink.Run(3, group => Evaluate(group.Together(Model("plain"))));
        Assert.Equal(alone.Sums.Nll, together[0].Sums.Nll, 1e-6 * alone.Sums.Nll);
        Assert.Equal(alone.Sums.Tokens, together[2].Sums.Tokens);
        Assert.Equal(alone.Sums.Correct, together[2].Sums.Correct);
        Assert.All(together, result => Assert.Equal(together[0], result));

        EvaluationResult Evaluate(ITrainableModel model)
        {
            using (model) return Evaluation.Quick(model, text);
        }
    }

    [Fact]
    public void The_loop_ends_everywhere_when_the_first_process_is_stopped()
    {
        RunPosition[] ends = ThreadLink.Run(3, group =>
        {
            using var stop = new CancellationTokenSource();
            using ITrainableModel model = group.Together(Model("plain"));
            var data = new TokenStream(Ids(20_000, 40), 8, 8, seed: 1);
            var watcher = new StopsAt(group.Rank == 0 ? stop : null);
            return new Trainer(model, data, null, new TrainingOptions { BatchSize = 8, Bptt = 8, LogInterval = 1 }, null, watcher)
                .Run(stop.Token).Position;
        });
        Assert.All(ends, end => Assert.Equal(StopsAt.Step, end.Step));
    }

    [Fact]
    public void One_that_fails_ends_the_waiting_of_all_others()
    {
        Exception error = Assert.Throws<InvalidOperationException>(() => ThreadLink.Run(3, group =>
        {
            using ITrainableModel model = group.Together(Model("plain"));
            Train(model, "plain", 0, 3);
            if (group.Rank == 1) throw new IOException("no more memory sticks");
            Train(model, "plain", 3, 6);
            return 0;
        }));
        Assert.Equal("no more memory sticks", error.Message);
    }

    [Fact]
    public void What_one_knows_all_know()
    {
        string[] seen = ThreadLink.Run(3, group =>
        {
            byte[] bytes = group.OfFirst(group.Rank == 0 ? new byte[] { 1, 2, 3 } : []);
            string all = string.Join(',', group.Gather(new string('x', group.Rank) + "ü"));
            return $"{string.Join('-', bytes)} {all} {group.OfFirst(group.Rank + 0.5)} {group.Hosts.Count}";
        });
        Assert.All(seen, text => Assert.Equal(FormattableString.Invariant($"1-2-3 ü,xü,xxü {0.5} 3"), text));
    }

    private static double[] Losses(ITrainableModel model, string kind)
    {
        using (model) return Train(model, kind, 0, Steps);
    }

    // The batch of a step is a function of its number.
    private static double[] Train(ITrainableModel model, string kind, int from, int to)
    {
        int lanes = kind.StartsWith("few lanes", StringComparison.Ordinal) ? 3 : 7;
        int parts = kind.EndsWith("parts", StringComparison.Ordinal) ? 3 : 1;
        var losses = new List<double>();
        var options = new TrainingOptions { BatchSize = lanes, GradAccum = parts };
        var cut = new BatchParts(options);
        for (int step = from; step < to; step++)
        {
            TokenBatch batch = Batch(step, lanes * parts, model.Config.VocabSize);
            var sums = default(LossSums);
            int counted = batch.Targets.Count(id => id != TokenBatch.Ignored);
            for (int part = 0; part < parts; part++) sums += model.ForwardBackward(cut.Part(batch, part), counted, (step * parts) + part);
            losses.Add(sums.MeanNll);
            losses.Add(model.GradientNorm());
            model.Update(0.01, 1);
        }

        return [.. losses];
    }

    private static TokenBatch Batch(int step, int lanes, int vocabulary)
    {
        var batch = new TokenBatch(5 + (step % 3), lanes) { StartsFresh = step % 4 == 0 };
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            batch.Inputs[i] = ((i * 7) + (step * 3)) % vocabulary;
            batch.Targets[i] = i % 11 == 0 ? TokenBatch.Ignored : (batch.Inputs[i] + 1) % vocabulary;
        }

        batch.FreshLanes[step % lanes] = step % 2 == 1;
        return batch;
    }

    private static GruLanguageModel Model(string kind, GruParameters? parameters = null)
    {
        var config = new GruConfig
        {
            VocabSize = kind == "small vocabulary" ? 12 : 400,
            EmbeddingDim = kind.StartsWith("untied", StringComparison.Ordinal) ? 20 : 24,
            HiddenDim = 24,
            NumLayers = 2,
            Dropout = kind == "dropout" || kind.EndsWith("locked", StringComparison.Ordinal) ? 0.3 : 0,
            TieWeights = !kind.StartsWith("untied", StringComparison.Ordinal),
            LayerNorm = kind == "norm",
            Residual = kind == "norm",
        };
        var options = new ModelOptions
        {
            Seed = 5,
            Optimizer = kind == "muon" ? new MuonOptions() : new AdamWOptions(),
            Regularisation = !kind.EndsWith("locked", StringComparison.Ordinal) ? new Regularisation() : new Regularisation
            {
                LockedDropout = true,
                InputDropout = 0.2,
                OutputDropout = 0.2,
                EmbeddingDropout = 0.1,
                RecurrentDropout = 0.2,
                ActivationPenalty = 1,
                SlownessPenalty = 1,
            },
        };
        return parameters is null
            ? GruLanguageModel.Create(config, s_compute.Value!, options)
            : new GruLanguageModel(parameters, s_compute.Value!, options);
    }

    private static int[] Ids(int count, int vocabulary) => [.. Enumerable.Range(0, count).Select(i => i * i % 17 % vocabulary)];

    private sealed class StopsAt(CancellationTokenSource? stop) : ITrainingObserver
    {
        public const int Step = 7;

        public void OnSteps(StepReport report)
        {
            if (report.Step == Step) stop?.Cancel();
        }
    }
}
