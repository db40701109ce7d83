// Texts that a card reads together, and tokens that it reads at once: to the bit what one text gives token by token.

using GruLM.Cuda;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM.Tests.Cuda;

[Collection(StandIn.Collection)]
public sealed class CudaColumnsTests
{
    private static readonly GruConfig s_plain = new() { VocabSize = 50, EmbeddingDim = 24, HiddenDim = 40, NumLayers = 2 };

    [Theory]
    [MemberData(nameof(CudaSessionTests.Cases), MemberType = typeof(CudaSessionTests))]
    public void Texts_together_are_what_each_is_alone(string name, bool bfloat16)
    {
        GruConfig config = CudaSessionTests.Kinds[name];
        using GruParameters parameters = Random(config);
        using CudaDevice device = TestCard.OpenDevice(bfloat16 ? Precision.Bf16 : Precision.Fp32);
        using IDecoder decoder = device.CreateDecoder(parameters, WeightFormat.Fp32);
        var random = new Random(5);
        IDecodingSession[] together = Sessions(decoder, 21), alone = Sessions(decoder, 21);
        foreach (int count in (int[])[1, 2, 21, 16, 17, 5])
        {
            // Some texts of all, in any order.
            int[] places = [.. Enumerable.Range(0, together.Length).OrderBy(_ => random.Next()).Take(count)];
            int[] ids = [.. places.Select(_ => random.Next(config.VocabSize))];
            IDecodingSession[] some = [.. places.Select(place => together[place])];
            decoder.Read(some, ids);
            float[] scores = new float[count * config.VocabSize];
            decoder.Logits(some, scores);
            for (int i = 0; i < count; i++)
            {
                alone[places[i]].Read(ids[i]);
                Assert.Equal(alone[places[i]].Logits(), scores.AsSpan(i * config.VocabSize, config.VocabSize));
                Assert.Equal(alone[places[i]].SaveState(), together[places[i]].SaveState());
            }
        }

        Free(together, alone);
    }

    [Theory]
    [MemberData(nameof(CudaSessionTests.Cases), MemberType = typeof(CudaSessionTests))]
    public void Tokens_at_once_are_what_they_are_one_by_one(string name, bool bfloat16)
    {
        GruConfig config = CudaSessionTests.Kinds[name];
        using GruParameters parameters = Random(config);
        using CudaDevice device = TestCard.OpenDevice(bfloat16 ? Precision.Bf16 : Precision.Fp32);
        using IDecoder decoder = device.CreateDecoder(parameters, WeightFormat.Fp32);
        var random = new Random(6);
        IDecodingSession[] sessions = Sessions(decoder, 2);
        (IDecodingSession atOnce, IDecodingSession alone) = (sessions[0], sessions[1]);

        // With stretches that were recorded, and one that is longer than any.
        foreach (int count in (int[])[0, 1, 2, 7, 7, 7, 83])
        {
            int[] ids = [.. Enumerable.Range(0, count).Select(_ => random.Next(config.VocabSize))];
            atOnce.Read(ids);
            foreach (int id in ids) alone.Read(id);
            Assert.Equal(alone.Logits().ToArray(), atOnce.Logits().ToArray());
            float[] scores = new float[count * config.VocabSize];
            decoder.Read(atOnce, ids, scores);
            for (int i = 0; i < count; i++)
            {
                alone.Read(ids[i]);
                Assert.Equal(alone.Logits(), scores.AsSpan(i * config.VocabSize, config.VocabSize));
            }

            Assert.Equal(alone.SaveState(), atOnce.SaveState());
        }

        Free(sessions);
    }

    [Fact]
    public void More_texts_than_are_read_at_once_take_turns()
    {
        const int Texts = CardColumns.Most + 1;
        using GruParameters parameters = Random(s_plain);
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using IDecoder decoder = device.CreateDecoder(parameters, WeightFormat.Fp32);
        IDecodingSession[] sessions = Sessions(decoder, Texts);
        int[] ids = [.. Enumerable.Range(0, Texts).Select(i => i % 7)];
        decoder.Read(sessions, ids);
        float[] scores = new float[Texts * s_plain.VocabSize], before = sessions[0].SaveState();
        decoder.Logits(sessions, scores);
        for (int i = 7; i < Texts; i++) Assert.Equal(Scores(i % 7), Scores(i));
        Assert.NotEqual(Scores(0), Scores(1));

        // One that is gone is seen before the first has read.
        sessions[^1].Dispose();
        Assert.Throws<ObjectDisposedException>(() => decoder.Read(sessions, ids));
        Assert.Equal(before, sessions[0].SaveState());
        Free(sessions);

        float[] Scores(int i) => scores[(i * s_plain.VocabSize)..((i + 1) * s_plain.VocabSize)];
    }

    [Fact]
    public void Texts_that_come_and_go_are_what_each_is_alone()
    {
        using GruParameters parameters = Random(s_plain);
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using IDecoder decoder = device.CreateDecoder(parameters, WeightFormat.Fp32);
        var batch = new DecodingBatch(decoder) { PromptTokensAStep = 8 };
        var random = new Random(3);
        var written = new Dictionary<BatchMember, List<int>>();
        for (int step = 0; step < 40; step++)
        {
            if (step < 20)
            {
                BatchMember member = batch.Join(decoder.CreateSession());
                written[member] = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(s_plain.VocabSize))];
                member.Tag = written[member].Count;
                batch.Read(member, [.. written[member]]);
            }

            batch.Step((member, scores) =>
            {
                int id = Best(scores);
                written[member].Add(id);
                if (written[member].Count < 25) batch.Read(member, [id]);
                else batch.Leave(member);
            });
        }

        Assert.Equal(0, batch.Count);
        foreach ((BatchMember member, List<int> ids) in written)
        {
            using IDecodingSession alone = decoder.CreateSession();
            foreach (int id in ids[..^1])
            {
                alone.Read(id);
            }

            Assert.Equal(ids[^1], Best(alone.Logits()));
            Assert.Equal(25, ids.Count);
            member.Session.Dispose();
        }

        static int Best(ReadOnlySpan<float> scores) => scores.IndexOf(System.Numerics.Tensors.TensorPrimitives.Max(scores));
    }

    [Fact]
    public void Wrong_calls_change_nothing()
    {
        using GruParameters parameters = Random(s_plain), other = Random(s_plain);
        using CudaDevice device = TestCard.OpenDevice(Precision.Fp32);
        using IDecoder decoder = device.CreateDecoder(parameters, WeightFormat.Fp32);
        using IDecoder foreign = device.CreateDecoder(other, WeightFormat.Fp32);
        using IDecodingSession first = decoder.CreateSession(), second = decoder.CreateSession(), alien = foreign.CreateSession();
        decoder.Read([first, second], [3, 4]);
        float[] before = first.SaveState(), scores = new float[2 * s_plain.VocabSize];
        Assert.Throws<ArgumentException>(() => decoder.Read([first, second], [1]));
        Assert.Throws<ArgumentException>(() => decoder.Read([first, first], [1, 1]));
        Assert.Throws<ArgumentException>(() => decoder.Read([first, alien], [1, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Read([first, second], [1, s_plain.VocabSize]));
        Assert.Throws<ArgumentOutOfRangeException>(() => first.Read([1, -1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Read(first, [1, s_plain.VocabSize], scores));
        Assert.Throws<ArgumentException>(() => decoder.Read(first, [1, 2, 3], scores));
        Assert.Throws<ArgumentException>(() => decoder.Logits([first, second], scores.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => decoder.Logits([alien], scores));
        Assert.Equal(before, first.SaveState());
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => decoder.Read([first, second], [1, 2]));
        Assert.Throws<ObjectDisposedException>(() => decoder.Logits([first, second], scores));
        Assert.Throws<ObjectDisposedException>(() => second.Read([1, 2]));
        Assert.Equal(before, first.SaveState());
    }

    [Fact]
    public void Work_beside_the_card_is_shared_out()
    {
        using GruParameters parameters = Random(s_plain);
        TestCard.Begin();
        using var device = CudaDevice.Open(new DeviceOptions(3, Precision.Fp32));
        using IDecoder decoder = device.CreateDecoder(parameters, WeightFormat.Fp32);
        Assert.Equal(3, device.Threads);
        int[] done = new int[100];
        decoder.Share(done.Length, i => Interlocked.Increment(ref done[i]));
        Assert.All(done, count => Assert.Equal(1, count));
        device.Dispose();
        Assert.Throws<ObjectDisposedException>(() => decoder.Share(2, _ => { }));
    }

    private static IDecodingSession[] Sessions(IDecoder decoder, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => decoder.CreateSession())];

    private static void Free(params IDecodingSession[][] groups)
    {
        foreach (IDecodingSession session in groups.SelectMany(group => group)) session.Dispose();
    }

    private static GruParameters Random(GruConfig config)
    {
        var parameters = new GruParameters(config);
        ParameterInitializer.Fill(parameters, 6);
        return parameters;
    }
}
