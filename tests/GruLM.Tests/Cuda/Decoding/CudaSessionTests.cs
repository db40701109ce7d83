// Decoding on a card beside decoding on the processor, for every kind of model; and what sessions share: weights that are copied to the
// card once, and again after they have changed.

using GruLM.Cuda;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed class CudaSessionTests : IDisposable
{
    private static readonly GruConfig s_plain = new() { VocabSize = 50, EmbeddingDim = 24, HiddenDim = 40, NumLayers = 2 };

    /// <summary>Kinds of models.</summary>
    internal static Dictionary<string, GruConfig> Kinds { get; } = new()
    {
        ["plain"] = s_plain,
        ["one layer"] = s_plain with { NumLayers = 1 },
        ["one layer, both"] = s_plain with { NumLayers = 1, Residual = true, LayerNorm = true },
        ["odd sizes"] = s_plain with { VocabSize = 131, EmbeddingDim = 13, HiddenDim = 37 },
        ["tied"] = s_plain with { EmbeddingDim = 40, TieWeights = true },
        ["layer norm"] = s_plain with { LayerNorm = true, NumLayers = 3 },
        ["residual"] = s_plain with { Residual = true, NumLayers = 3 },
        ["both"] = s_plain with { LayerNorm = true, Residual = true, NumLayers = 4, HiddenDim = 33 },
    };

    private readonly Compute _compute = Compute.Create(1, Precision.Fp32);

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (string name in Kinds.Keys)
            {
                cases.Add(name, false);
                cases.Add(name, true);
            }

            return cases;
        }
    }

    public void Dispose() => _compute.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Scores_and_states_are_the_processors(string name, bool bfloat16)
    {
        GruConfig config = Kinds[name];
        double tolerance = bfloat16 ? 1e-2 : 1e-5;
        using GruParameters parameters = Parameters(config);
        using CudaDevice device = TestCard.OpenDevice(bfloat16 ? Precision.Bf16 : Precision.Fp32);
        using IDecodingSession session = device.CreateSession(parameters);
        using var plain = new DecodingSession(parameters, _compute);
        Compare("before anything is read");
        Read(3, 1, 4, 1);
        float[] saved = session.SaveState(), own = plain.SaveState();
        for (int i = 0; i < own.Length; i++) ModelPair.Close(own[i], saved[i], tolerance, $"state {i}");
        Read(5, 9, 2);

        // Either takes the other's states.
        session.RestoreState(own);
        plain.RestoreState(saved);
        Compare("a state that was brought back");
        Read(6, 5);
        session.Reset();
        plain.Reset();
        Compare("after a new beginning");
        Read(7, config.VocabSize - 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Read(config.VocabSize));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Read(-1));
        Assert.Throws<ArgumentException>(() => session.RestoreState(new float[3]));
        Compare("after wrong calls");

        void Read(params int[] ids)
        {
            foreach (int id in ids)
            {
                session.Read(id);
                plain.Read(id);
            }

            Compare($"after {ids[^1]}");
        }

        void Compare(string what)
        {
            float[] expected = plain.Logits().ToArray(), actual = session.Logits().ToArray();
            for (int i = 0; i < expected.Length; i++) ModelPair.Close(expected[i], actual[i], tolerance, $"{what}: {i}");
        }
    }

    [Fact]
    public void Weights_are_copied_when_they_have_changed_and_only_then()
    {
        TestCard.RequireStandIn();
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using ITrainableModel model = device.CreateModel(s_plain, new ModelOptions());
        float[] before = Scores(device, model.Parameters);

        // A session alone takes memory and nothing else, and as many calls each time.
        long first = Calls(), second = Calls();
        Assert.Equal(second, first);
        model.ForwardBackward(ModelPair.Batch(s_plain, 4, 3, 1), 10, 0);
        model.Update(0.1, 1);
        GruParameters parameters = model.Parameters;
        Assert.True(Calls() > second);
        Assert.Equal(second, Calls());
        float[] after = Scores(device, parameters);
        Assert.NotEqual(before, after);
        Equal(parameters, after);

        // Values that are written by hand, with and without a model that is told of it.
        parameters.Write("out.weight", new float[50 * 40]);
        Assert.All(Scores(device, parameters), score => Assert.Equal(0, score));
        parameters.Write("out.weight", [.. Enumerable.Repeat(0.5f, 50 * 40)]);
        ((CudaGruModel)model).ParametersChanged();
        Equal(parameters, Scores(device, parameters));

        long Calls()
        {
            long calls = StandIn.Calls;
            device.CreateSession(model.Parameters).Dispose();
            return StandIn.Calls - calls;
        }

        void Equal(GruParameters of, float[] scores)
        {
            using var plain = new DecodingSession(of, _compute);
            plain.Read(3);
            float[] expected = plain.Logits().ToArray();
            for (int i = 0; i < expected.Length; i++) ModelPair.Close(expected[i], scores[i], 1e-5, $"score {i}");
        }
    }

    [Fact]
    public void Parameters_that_the_processor_trains_are_followed_too()
    {
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        var options = new ModelOptions { Optimizer = new AdamWOptions { AverageDecay = 0.5 } };
        using var model = GruLanguageModel.Create(s_plain, _compute, options);
        float[] before = Scores(device, model.Parameters);
        model.ForwardBackward(ModelPair.Batch(s_plain, 4, 3, 1), 10, 0);
        model.Update(0.1, 1);
        float[] after = Scores(device, model.Parameters);
        Assert.NotEqual(before, after);
        model.SwapAverage();
        Assert.NotEqual(after, Scores(device, model.Parameters));
    }

    [Fact]
    public void Sessions_stand_side_by_side_and_outlive_their_device()
    {
        using GruParameters parameters = Parameters(s_plain), other = Parameters(s_plain with { HiddenDim = 20 });
        CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        IDecodingSession[] sessions = [.. new[] { parameters, parameters, other }.Select(one => device.CreateSession(one))];
        for (int i = 0; i < 4; i++)
        {
            foreach (IDecodingSession session in sessions)
            {
                session.Read(i);
                session.Logits();
            }
        }

        Assert.Equal(sessions[0].Logits().ToArray(), sessions[1].Logits().ToArray());
        sessions[0].Dispose();
        sessions[0].Dispose();
        Assert.Throws<ObjectDisposedException>(() => sessions[0].Read(1));
        sessions[1].Read(1);
        device.Dispose();
        device.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sessions[1].Read(1));
        Assert.Throws<ObjectDisposedException>(() => { sessions[2].Logits(); });
        Assert.Throws<ObjectDisposedException>(() => device.CreateSession(parameters));
        foreach (IDecodingSession session in sessions) session.Dispose();
        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);
    }

    [Fact]
    public void Threads_may_take_turns()
    {
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using ITrainableModel model = device.CreateModel(s_plain, new ModelOptions());
        using ITrainableModel same = device.CreateModel(s_plain, new ModelOptions());
        using IDecodingSession session = device.CreateSession(model.Parameters);
        TokenBatch batch = ModelPair.Batch(s_plain, 4, 3, 1);
        for (int i = 0; i < 4; i++)
        {
            double loss = 0;
            InThread(() => loss = model.ForwardBackward(batch, 10, i).Nll);
            InThread(() => model.Update(0.01, 1));
            InThread(() => session.Read(i));
            InThread(() => session.Logits());
            Assert.Equal(same.ForwardBackward(batch, 10, i).Nll, loss);
            same.Update(0.01, 1);
        }

        InThread(session.Dispose);
        InThread(model.Dispose);
        InThread(device.Dispose);
        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);
    }

    private static void InThread(Action action)
    {
        Exception? caught = null;
        var thread = new Thread(() => caught = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(caught);
    }

    private static float[] Scores(CudaDevice device, GruParameters parameters)
    {
        using IDecodingSession session = device.CreateSession(parameters);
        session.Read(3);
        return session.Logits().ToArray();
    }

    private GruParameters Parameters(GruConfig config)
    {
        var parameters = new GruParameters(config);
        ParameterInitializer.Fill(parameters, 6, _compute.Team);
        return parameters;
    }
}
