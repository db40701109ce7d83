// Updates against plain loops in double precision and PyTorch's own figures, on every kernel path; the same bits for any number of threads
// and after reading the state back. Left to others: AdamW in whole training steps beside PyTorch (GradientTests.cs), and what only Muon has
// (MuonTests.cs).

using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using GruLM.Formats;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Model;

public sealed class OptimizersTests : IDisposable
{
    private static readonly GruConfig s_sizes = new()
    {
        VocabSize = 37,
        EmbeddingDim = 21,
        HiddenDim = 70,
        NumLayers = 2,
        LayerNorm = true
    };
    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-optimizer-").FullName;

    public static TheoryData<string> Names => ["adamw", "sgd", "muon"];

    private string StatePath => Path.Combine(_folder, "training.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Sgd_follows_PyTorch()
    {
        string fixture = Path.Combine(AppContext.BaseDirectory, "Model", "Fixtures", "pytorch_sgd.json");
        using var json = JsonDocument.Parse(File.ReadAllText(fixture));
        JsonElement root = json.RootElement;
        var config = new GruConfig
        {
            VocabSize = root.GetProperty("vocab").GetInt32(),
            EmbeddingDim = root.GetProperty("emb").GetInt32(),
            HiddenDim = root.GetProperty("hidden").GetInt32(),
            NumLayers = 1
        };
        foreach (KernelPath path in KernelChoice.Available)
        {
            foreach (JsonElement reference in root.GetProperty("cases").EnumerateArray())
            {
                using var compute = Compute.Create(2, path);
                using Optimizer optimizer = new SgdOptions
                {
                    Momentum = reference.GetProperty("momentum").GetDouble(),
                    WeightDecay = reference.GetProperty("decay").GetDouble()
                }.Create(config);
                using GruParameters parameters = new(config), gradients = new(config), end = new(config);
                Fill(parameters, reference.GetProperty("start"));
                foreach (JsonElement step in reference.GetProperty("steps").EnumerateArray())
                {
                    Fill(gradients, step.GetProperty("gradients"));
                    double rate = step.GetProperty("rate").GetDouble(), scale = step.GetProperty("scale").GetDouble();
                    optimizer.Update(compute, parameters, gradients, rate, scale);
                }

                Fill(end, reference.GetProperty("end"));
                foreach (ParameterView view in end.Views)
                {
                    foreach ((float expected, float actual) in end.Span(view.Name).ToArray().Zip(parameters.Span(view.Name).ToArray()))
                    {
                        Assert.Equal(expected, actual, 2e-6f);
                    }
                }
            }
        }
    }

    [Fact]
    public void Sgd_agrees_with_plain_loops() => ForAllConstants((config, momentum, decay, rate, scale) =>
        Follow(new SgdOptions { Momentum = momentum, WeightDecay = decay }, config, rate, scale, 1e-5, view =>
        {
            double[] buffer = new double[view.Length];
            return (p, g, _) =>
            {
                for (int i = 0; i < p.Length; i++)
                {
                    buffer[i] = (momentum * buffer[i]) + g[i];
                    p[i] -= rate * (buffer[i] + (view.IsVector ? 0 : decay * p[i]));
                }
            };
        }));

    [Fact]
    public void AdamW_agrees_with_plain_loops() => ForAllConstants((config, beta, decay, rate, scale) => Follow(
        new AdamWOptions { Beta1 = beta, WeightDecay = decay }, config, rate, scale, 1e-5,
        view => PlainAdamW(view, beta, 0.99, decay, rate)));

    [Theory]
    [MemberData(nameof(Names))]
    public void The_bits_are_the_same_for_any_number_of_threads(string name)
    {
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            using var compute = Compute.Create(threads);
            using var model = GruLanguageModel.Create(s_sizes, compute, 5, Options(name));
            for (int step = 0; step < 3; step++) Step(model, step);
            float[] bits = Bits(model);
            first ??= bits;
            Assert.Equal(first, bits);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void State_read_back_goes_on_to_the_same_bits(string name)
    {
        using var compute = Compute.Create(2);
        using var whole = GruLanguageModel.Create(s_sizes, compute, 5, Options(name));
        for (int step = 0; step < 3; step++) Step(whole, step);
        whole.SaveTrainingState(StatePath);
        using var resumed = new GruLanguageModel(whole.Parameters.Copy(s_sizes), compute, Options(name));
        resumed.LoadTrainingState(StatePath);
        for (int step = 3; step < 5; step++)
        {
            Step(whole, step);
            Step(resumed, step);
        }

        Assert.Equal(Bits(whole), Bits(resumed));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_state_of_another_optimizer_is_refused_by_name(string name)
    {
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Create(s_sizes, compute, 5, Options(name));
        Step(model, 0);
        model.SaveTrainingState(StatePath);
        foreach (string other in Names.Select(row => row.Data).Where(other => other != name))
        {
            using var wrong = GruLanguageModel.Create(s_sizes, compute, 5, Options(other));
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => wrong.LoadTrainingState(StatePath));
            Assert.Contains($"was written by the optimizer {name}, and this run's is {other}", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AdamW_keeps_its_state_under_the_names_that_older_checkpoints_have()
    {
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Create(s_sizes, compute, 5);
        Step(model, 0);
        model.SaveTrainingState(StatePath);
        using var file = SafetensorsFile.Open(StatePath);
        Assert.Equal("1", file.Metadata["adamw.steps"]);
        foreach (ParameterView view in model.Parameters.Views)
        {
            Assert.Equal(view.Shape, file.Find("adamw.m." + view.Name).Shape);
            Assert.Equal(view.Shape, file.Find("adamw.v." + view.Name).Shape);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_update_allocates_nothing_once_warm(string name)
    {
        using var compute = Compute.Create(1);
        using var model = GruLanguageModel.Create(s_sizes, compute, 5, Options(name));
        for (int i = 0; i < 2; i++) model.Update(0.01, 1);
        _ = model.Gradients;
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 5; i++) model.Update(0.01, 1);
        }));
    }

    /// <summary>A few updates by random gradients, on every kernel path, beside plain ones: a function of (parameters, scaled gradients,
    /// step from 1) for each tensor.</summary>
    internal static void Follow(
        OptimizerOptions options, GruConfig config, double rate, double scale, double tolerance,
        Func<ParameterView, Action<double[], double[], int>> plain)
    {
        foreach (KernelPath path in KernelChoice.Available)
        {
            using var compute = Compute.Create(1, path);
            using Optimizer optimizer = options.Create(config);
            using GruParameters parameters = GradientTests.RandomParameters(config, 0.5);
            using var gradients = new GruParameters(config);
            Dictionary<string, double[]> expected = PlainGruModel<double>.Copy(parameters);
            var updates = parameters.Views.ToDictionary(view => view.Name, plain);
            for (int step = 1; step <= 4; step++)
            {
                Draw(gradients, step);
                foreach (ParameterView view in parameters.Views)
                {
                    updates[view.Name](expected[view.Name], [.. gradients.Span(view.Name).ToArray().Select(g => g * scale)], step);
                }

                optimizer.Update(compute, parameters, gradients, rate, scale);
                Assert.Equal(step, optimizer.Steps);
                foreach (ParameterView view in parameters.Views) Assert.DoesNotContain(gradients.Span(view.Name).ToArray(), g => g != 0);
            }

            foreach (ParameterView view in parameters.Views)
            {
                double allowed = tolerance * Math.Max(1, expected[view.Name].Max(Math.Abs));
                foreach ((double wanted, float got) in expected[view.Name].Zip(parameters.Span(view.Name).ToArray()))
                {
                    Assert.Equal(wanted, got, allowed);
                }
            }
        }
    }

    /// <summary>AdamW for one tensor, in plain loops.</summary>
    internal static Action<double[], double[], int> PlainAdamW(ParameterView view, double beta1, double beta2, double decay, double rate)
    {
        double[] first = new double[view.Length], second = new double[view.Length];
        return (p, g, step) =>
        {
            for (int i = 0; i < p.Length; i++)
            {
                first[i] = (beta1 * first[i]) + ((1 - beta1) * g[i]);
                second[i] = (beta2 * second[i]) + ((1 - beta2) * g[i] * g[i]);
                double mean = first[i] / (1 - Math.Pow(beta1, step)), root = Math.Sqrt(second[i] / (1 - Math.Pow(beta2, step)));
                p[i] -= rate * ((mean / (root + 1e-8)) + (view.IsVector ? 0 : decay * p[i]));
            }
        };
    }

    /// <summary>Fills a set with normal numbers that belong to a step.</summary>
    internal static void Draw(GruParameters set, int step)
    {
        var random = new Philox(23, RandomPurpose.Initialisation);
        for (int v = 0; v < set.Views.Count; v++)
        {
            Span<float> span = set.Span(set.Views[v].Name);
            for (int i = 0; i < span.Length; i++) span[i] = (float)random.Normal((ulong)((step * 100) + v), (ulong)i);
        }
    }

    // Sizes that fill no vector and some that fill several; momentum 0 and 0.9 among the constants.
    private static void ForAllConstants(Action<GruConfig, double, double, double, double> law) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(25), Prop.ForAll<byte, byte, byte>((size, kind, constants) =>
        {
            var config = new GruConfig
            {
                VocabSize = 2 + (kind % 30),
                EmbeddingDim = 1 + (size % 19),
                HiddenDim = 1 + (size % 23),
                NumLayers = 1 + (kind % 2),
                LayerNorm = kind % 2 == 1,
            };
            double momentum = kind % 3 == 0 ? 0 : 0.9, decay = constants % 3 * 0.1;
            double rate = (1 + (constants % 7)) * 0.02, scale = (1 + (constants % 5)) * 0.3;
            law(config, momentum, decay, rate, scale);
        }));

    private static OptimizerOptions Options(string name) => name switch
    {
        "sgd" => new SgdOptions { WeightDecay = 0.01 },
        "muon" => new MuonOptions(),
        _ => new AdamWOptions(),
    };

    private static void Step(GruLanguageModel model, int step)
    {
        Draw(model.Gradients, step);
        model.Update(0.01, 0.5);
    }

    private static float[] Bits(GruLanguageModel model) =>
        [.. model.Parameters.Views.SelectMany(view => model.Parameters.Span(view.Name).ToArray())];

    private static void Fill(GruParameters set, JsonElement values)
    {
        foreach (ParameterView view in set.Views)
        {
            values.GetProperty(view.Name).EnumerateArray().Select(x => (float)x.GetDouble()).ToArray().CopyTo(set.Span(view.Name));
        }
    }
}
