// Decoding in int8: near to float32, and the same bits on every path, for any number of threads, texts and tokens at once.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Model;

namespace GruLM.Tests.Generation;

public class Int8DecoderTests
{
    private static readonly GruConfig[] s_configs =
    [
        new() { VocabSize = 33, EmbeddingDim = 10, HiddenDim = 7, NumLayers = 1 },
        new() { VocabSize = 300, EmbeddingDim = 40, HiddenDim = 40, NumLayers = 3, TieWeights = true },
        new() { VocabSize = 257, EmbeddingDim = 24, HiddenDim = 50, NumLayers = 3, Residual = true },
        new() { VocabSize = 100, EmbeddingDim = 17, HiddenDim = 33, NumLayers = 2, LayerNorm = true },
        new() { VocabSize = 129, EmbeddingDim = 200, HiddenDim = 208, NumLayers = 4, LayerNorm = true, Residual = true },
    ];

    [Fact]
    public void Scores_are_near_to_those_of_float32()
    {
        foreach (GruConfig config in s_configs)
        {
            using GruParameters parameters = GradientTests.RandomParameters(config, 0.1);
            using var compute = Compute.Create(1);
            using var exact = new DecodingSession(parameters, compute);
            using var decoder = new Int8Decoder(parameters, compute);
            using IDecodingSession session = decoder.CreateSession();
            foreach (int id in Ids(config, 30))
            {
                exact.Read(id);
                session.Read(id);
            }

            float[] expected = exact.Logits().ToArray(), actual = session.Logits().ToArray();
            float largest = expected.Max(Math.Abs);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 0.04f * largest);
        }
    }

    [Fact]
    public void The_bits_are_the_same_on_every_path_and_for_any_number_of_threads()
    {
        foreach (GruConfig config in s_configs)
        {
            using GruParameters parameters = GradientTests.RandomParameters(config, 0.4);
            float[]? expected = null;
            foreach (KernelPath floats in KernelChoice.Available)
            {
                foreach (int threads in (int[])[1, 2, 3, 8])
                {
                    using var compute = Compute.Create(threads, floats);
                    foreach (Int8Path path in Int8Choice.Available)
                    {
                        using var decoder = new Int8Decoder(parameters, compute, path);
                        using IDecodingSession session = decoder.CreateSession();
                        foreach (int id in Ids(config, 12)) session.Read(id);
                        float[] bits = [.. session.Logits(), .. session.SaveState()];
                        expected ??= bits;
                        Assert.Equal(expected, bits);
                    }
                }
            }
        }
    }

    [Fact]
    public void An_idle_session_is_its_state_and_little_more()
    {
        using GruParameters parameters = GradientTests.RandomParameters(s_configs[1], 0.1);
        using var compute = Compute.Create(1);
        using var decoder = new Int8Decoder(parameters, compute);
        var sessions = new IDecodingSession[1000];
        decoder.CreateSession().Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < sessions.Length; i++) sessions[i] = decoder.CreateSession();
        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / sessions.Length;
        foreach (IDecodingSession session in sessions)
        {
            session.Read(3);
            session.Dispose();
        }

        Assert.InRange(bytes - (sizeof(float) * decoder.StateLength), 1, 100);
    }

    [Fact]
    public void Tokens_read_at_once_give_the_bits_of_tokens_read_one_by_one()
    {
        foreach (GruConfig config in s_configs)
        {
            using GruParameters parameters = GradientTests.RandomParameters(config, 0.4);
            using var compute = Compute.Create(2);
            using var decoder = new Int8Decoder(parameters, compute);
            using IDecodingSession one = decoder.CreateSession(), all = decoder.CreateSession();
            foreach (int length in (int[])[1, 2, 63, 64, 65, 150])
            {
                int[] ids = Ids(config, length);
                foreach (int id in ids) one.Read(id);
                all.Read(ids);
                Assert.Equal(one.SaveState(), all.SaveState());
            }
        }
    }

    [Fact]
    public void Many_texts_at_once_give_the_bits_that_each_gives_alone()
    {
        foreach (GruConfig config in s_configs)
        {
            using GruParameters parameters = GradientTests.RandomParameters(config, 0.4);
            using var compute = Compute.Create(2);
            using var decoder = new Int8Decoder(parameters, compute);
            foreach (int count in (int[])[1, 2, 7, 64, 65])
            {
                IDecodingSession[] alone = [.. Enumerable.Range(0, count).Select(_ => decoder.CreateSession())];
                IDecodingSession[] together = [.. Enumerable.Range(0, count).Select(_ => decoder.CreateSession())];
                for (int t = 0; t < 4; t++)
                {
                    int[] ids = Ids(config, count, t);
                    for (int i = 0; i < count; i++) alone[i].Read(ids[i]);
                    decoder.Read(together, ids);
                }

                float[] logits = new float[count * config.VocabSize];
                decoder.Logits(together, logits);
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(alone[i].Logits(), logits.AsSpan(i * config.VocabSize, config.VocabSize));
                    Assert.Equal(alone[i].SaveState(), together[i].SaveState());
                }
            }
        }
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        using GruParameters parameters = GradientTests.RandomParameters(s_configs[0], 0.4);
        using var compute = Compute.Create(1);
        using var decoder = new Int8Decoder(parameters, compute);
        using var other = new Int8Decoder(parameters, compute);
        IDecodingSession session = decoder.CreateSession();
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Read(33));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Read([1, -1]));
        Assert.All(session.SaveState(), number => Assert.Equal(0, number));
        Assert.Throws<ArgumentException>(() => decoder.Read([session, session], [1, 2]));
        Assert.Throws<ArgumentException>(() => decoder.Read([session], [1, 2]));
        Assert.Throws<ArgumentException>(() => other.Read([session], [1]));
        Assert.Throws<ArgumentException>(() => decoder.Logits([session], new float[32]));
        Assert.Throws<ArgumentException>(() => session.RestoreState(new float[6]));
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Read(1));
        IDecodingSession left = decoder.CreateSession();
        decoder.Dispose();
        Assert.Throws<ObjectDisposedException>(() => left.Read(1));
        Assert.Throws<ObjectDisposedException>(() => left.Logits());
        Assert.Throws<ObjectDisposedException>(decoder.CreateSession);
    }

    [Fact]
    public void A_step_allocates_nothing_once_warm()
    {
        using GruParameters parameters = GradientTests.RandomParameters(s_configs[4], 0.4);
        using var compute = Compute.Create(1);
        using var decoder = new Int8Decoder(parameters, compute);
        IDecodingSession[] sessions = [.. Enumerable.Range(0, 5).Select(_ => decoder.CreateSession())];
        int[] ids = [1, 2, 3, 4, 5];
        float[] logits = new float[5 * 129];
        for (int i = 0; i < 3; i++) Step();
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 20; i++) Step();
        }));

        void Step()
        {
            sessions[0].Read(3);
            sessions[0].Read(ids);
            _ = sessions[0].Logits();
            decoder.Read(sessions, ids);
            decoder.Logits(sessions, logits);
        }
    }

    private static int[] Ids(GruConfig config, int count, int seed = 0)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(config.VocabSize))];
    }
}
