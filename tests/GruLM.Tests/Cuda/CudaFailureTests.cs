// What happens when the driver refuses: each of its calls, at whatever moment, ends in one line, and nothing stays behind on the card; a
// batch that has no room leaves a model that works. GRULM_TESTS=full refuses every call of a run, one after the other.

using GruLM.Cuda;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed class CudaFailureTests : IDisposable
{
    private static readonly GruConfig s_config = new()
    {
        VocabSize = 20,
        EmbeddingDim = 8,
        HiddenDim = 8,
        NumLayers = 2,
        Residual = true,
        LayerNorm = true,
    };

    private static readonly ModelOptions s_options = new()
    {
        Optimizer = new MuonOptions { AverageDecay = 0.9 },
        Regularisation = new Regularisation { RecurrentDropout = 0.1 },
    };

    private readonly string _root = Directory.CreateTempSubdirectory("grulm-card-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(2)]
    [InlineData(719)]
    public void Any_call_of_the_driver_may_fail(int error)
    {
        TestCard.RequireStandIn();
        TestCard.Begin();
        long calls = StandIn.Calls;
        WholeLife();
        calls = StandIn.Calls - calls;
        Assert.Equal("", StandIn.Live);
        bool all = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full";
        var random = new Random(error);
        long[] chosen = all ? [.. Enumerable.Range(1, (int)calls)] : [.. Enumerable.Range(0, 15).Select(_ => 1 + random.NextInt64(calls))];
        int failed = 0;
        foreach (long n in chosen)
        {
            TestCard.Begin();
            StandIn.FailCall(n, error);
            if (Record.Exception(WholeLife) is { } caught) AssertLine(caught, n, ref failed);
            Assert.True(StandIn.Live == "", $"call {n}: {StandIn.Live}");
        }

        // Calls that free something fail without a word.
        Assert.True(failed > chosen.Length / 2);

        static void AssertLine(Exception caught, long n, ref int failed)
        {
            Assert.True(caught is CudaException, $"call {n}: {caught}");
            Assert.DoesNotContain('\n', caught.Message);
            Assert.True(caught.Message.Length > 30, caught.Message);
            failed++;
        }
    }

    [Fact]
    public void What_was_made_by_halves_is_freed()
    {
        TestCard.RequireStandIn();
        using CudaDevice device = TestCard.OpenDevice(Precision.Bf16);
        using GruParameters parameters = Parameters();
        Live(device, parameters);
        string live = StandIn.Live;
        Assert.StartsWith("module ", live, StringComparison.Ordinal);
        long calls = StandIn.Calls;
        Live(device, parameters);
        calls = StandIn.Calls - calls;
        Assert.Equal(live, StandIn.Live);
        for (long n = 1; n <= calls; n += 11)
        {
            StandIn.FailCall(n, 2);
            if (Record.Exception(() => Live(device, parameters)) is { } caught) Assert.IsType<CudaException>(caught);
            StandIn.FailCall(0, 0);
            Assert.True(StandIn.Live == live, $"call {n}: {StandIn.Live}");
        }

        // The parameters are still the caller's.
        Assert.Equal(20 * 8, parameters.Read("embedding.weight").Length);

        static void Live(CudaDevice device, GruParameters parameters)
        {
            using ITrainableModel model = device.CreateModel(parameters.Copy(s_config), s_options);
            model.ForwardBackward(ModelPair.Batch(s_config, 3, 2, 1), 5, 0);
            model.Update(0.01, 1);
        }
    }

    [Fact]
    public void A_batch_without_room_leaves_a_model_that_works()
    {
        TestCard.RequireStandIn();
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32), other = CudaDevice.Open(new DeviceOptions(1, Precision.Fp32));
        using ITrainableModel model = device.CreateModel(s_config, s_options), same = other.CreateModel(s_config, s_options);
        TokenBatch small = ModelPair.Batch(s_config, 4, 3, 1), large = ModelPair.Batch(s_config, 8, 100, 1);
        for (int i = 0; i < 3; i++) Train(i);
        StandIn.SetMemory(TakenBytes() + (1 << 18));
        string message = Assert.Throws<CudaException>(() => { model.ForwardBackward(large, 10, 3); }).Message;
        Assert.StartsWith("the card has no memory left to allocate ", message, StringComparison.Ordinal);
        Assert.Contains("lower 'BatchSize'", message, StringComparison.Ordinal);
        Assert.Throws<CudaException>(() => { model.Evaluate(large); });
        for (int i = 3; i < 6; i++) Train(i);
        StandIn.SetMemory(1L << 33);
        Assert.Equal(same.ForwardBackward(large, 10, 6), model.ForwardBackward(large, 10, 6));

        void Train(int step)
        {
            small.StartsFresh = step % 3 == 0;
            Assert.Equal(same.ForwardBackward(small, 10, step), model.ForwardBackward(small, 10, step));
            same.Update(0.01, 1);
            model.Update(0.01, 1);
        }
    }

    [Fact]
    public void States_without_room_leave_a_model_that_works()
    {
        TestCard.RequireStandIn();
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using ITrainableModel model = device.CreateModel(s_config, s_options);

        // Room for the many lanes' workspace is there already, their states are not.
        model.Evaluate(ModelPair.Batch(s_config, 2, 100, 1));
        TokenBatch few = ModelPair.Batch(s_config, 2, 3, 1), many = ModelPair.Batch(s_config, 2, 100, 1);
        model.ForwardBackward(many, 5, 0);
        few.Part = many.Part = 1;
        LossSums before = model.ForwardBackward(few, 5, 0);
        StandIn.SetMemory(TakenBytes());
        Assert.Throws<CudaException>(() => { model.ForwardBackward(many, 5, 0); });
        Assert.Equal(before, model.ForwardBackward(few, 5, 0));
    }

    [Fact]
    public void Texts_without_room_leave_texts_that_go_on()
    {
        TestCard.RequireStandIn();
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using GruParameters parameters = Parameters();
        using IDecoder decoder = device.CreateDecoder(parameters, WeightFormat.Fp32);
        using IDecodingSession session = decoder.CreateSession(), same = decoder.CreateSession();
        int[] few = [1, 2, 3, 4], many = new int[64];
        float[] scores = new float[many.Length * s_config.VocabSize];
        foreach (IDecodingSession each in (IDecodingSession[])[session, same])
        {
            foreach (int id in few) each.Read(id);
        }

        StandIn.SetMemory(TakenBytes() + (1 << 10));
        string message = Assert.Throws<CudaException>(() => decoder.Read(session, many, scores)).Message;
        Assert.StartsWith("the card has no memory left to allocate ", message, StringComparison.Ordinal);
        Assert.Throws<CudaException>(() => session.Read(many));
        session.Read(5);
        same.Read(5);
        Assert.Equal(same.Logits().ToArray(), session.Logits().ToArray());
        StandIn.SetMemory(1L << 33);
        decoder.Read(session, many, scores);
        foreach (int id in many) same.Read(id);
        Assert.Equal(same.Logits(), scores.AsSpan(scores.Length - s_config.VocabSize));
    }

    [Fact]
    public void A_step_of_texts_without_room_can_be_made_again()
    {
        TestCard.RequireStandIn();
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using GruParameters parameters = Parameters();
        using IDecoder decoder = device.CreateDecoder(parameters, WeightFormat.Fp32);
        using IDecodingSession first = decoder.CreateSession(), second = decoder.CreateSession(), alone = decoder.CreateSession();
        var batch = new DecodingBatch(decoder);
        BatchMember one = batch.Join(first), two = batch.Join(second);
        batch.Read(one, [1, 2, 3]);
        batch.Read(two, [4]);
        StandIn.SetMemory(TakenBytes() + (1 << 10));
        Assert.Throws<CudaException>(() => batch.Step());
        Assert.Equal((3, 1), (one.Pending, two.Pending));
        StandIn.SetMemory(1L << 33);
        Assert.True(batch.Step());
        foreach (int id in (int[])[1, 2, 3]) alone.Read(id);
        Assert.Equal(alone.Logits(), batch.Scores(one));
        alone.Reset();
        alone.Read(4);
        Assert.Equal(alone.Logits(), batch.Scores(two));
    }

    [Fact]
    public void A_hundred_lives_leave_nothing()
    {
        for (int i = 0; i < 100; i++)
        {
            using CudaDevice device = i == 0 ? TestCard.OpenDevice(Precision.Bf16) : CudaDevice.Open(new DeviceOptions(1));
            using ITrainableModel model = device.CreateModel(s_config, new ModelOptions());
            using IDecodingSession session = device.CreateSession(model.Parameters);
            session.Read(1);
            if (i % 10 == 0) model.Evaluate(ModelPair.Batch(s_config, 2, 2, i));
        }

        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);
    }

    [Theory]
    [InlineData(9, 0, 12040, 0, "the NVIDIA driver finds no card: look whether CUDA_VISIBLE_DEVICES hides it, or compute on the processor")]
    [InlineData(
        9, 0, 11080, 1, "the NVIDIA driver is too old, it knows CUDA 11.8 and 12.0 is needed: install version 525 or newer")]
    [InlineData(
        7, 5, 12040, 1,
        "the card Stand-in has compute capability 7.5, and 8.0 is needed: take an Ampere card or a newer one, or compute on the processor")]
    public void Why_a_card_will_not_do_is_said_in_a_sentence(int major, int minor, int version, int count, string sentence)
    {
        TestCard.RequireStandIn();
        TestCard.Begin();
        StandIn.SetDevice(major, minor, version, count);
        Assert.False(CudaDevice.IsAvailable(out string reason));
        Assert.Equal(sentence, reason);
        Assert.Equal(sentence, Assert.Throws<CudaException>(() => CudaDevice.Open(new DeviceOptions())).Message);
        Assert.Equal("", StandIn.Live);
    }

    [Fact]
    public void A_card_that_will_do_is_said_to()
    {
        TestCard.Begin();
        Assert.True(CudaDevice.IsAvailable(out string reason), reason);
        Assert.Equal("", reason);
        if (!TestCard.IsReal) Assert.Equal("", StandIn.Live);
    }

    // All that a run does with a card.
    private void WholeLife()
    {
        string state = Path.Combine(_root, "training.safetensors");
        using var device = CudaDevice.Open(new DeviceOptions(1));
        using ITrainableModel model = device.CreateModel(s_config, s_options);
        TokenBatch batch = ModelPair.Batch(s_config, 3, 2, 1);
        for (int step = 0; step < 3; step++)
        {
            model.ForwardBackward(batch, 5, step);
            model.GradientNorm();
            model.Update(0.01, 1);
        }

        model.SwapAverage();
        model.Score(batch, new float[6]);
        model.Save(_root);
        model.SaveTrainingState(state);
        model.LoadTrainingState(state);
        using IDecodingSession session = device.CreateSession(model.Parameters);
        for (int i = 0; i < 3; i++)
        {
            session.Read(i);
            session.Logits();
        }

        session.RestoreState(session.SaveState());
        session.Reset();
        using IDecoder decoder = device.CreateDecoder(model.Parameters, WeightFormat.Fp32);
        using IDecodingSession first = decoder.CreateSession(), second = decoder.CreateSession();
        for (int i = 0; i < 3; i++)
        {
            decoder.Read([first, second], [1, 2]);
            first.Read([3, 4, 5, 6]);
        }

        decoder.Logits([first, second], new float[2 * s_config.VocabSize]);
        decoder.Read(first, new int[40], new float[40 * s_config.VocabSize]);
    }

    // What is left of the stand-in's eight gigabytes tells what is taken.
    private static long TakenBytes()
    {
        using var context = CudaContext.Open();
        return context.TotalMemory - context.FreeMemory;
    }

    private static GruParameters Parameters()
    {
        var parameters = new GruParameters(s_config);
        parameters.Write("embedding.weight", [.. Enumerable.Range(0, 20 * 8).Select(i => i / 1000f)]);
        return parameters;
    }
}
