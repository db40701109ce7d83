// Texts that join and leave a batch at random steps come out as each does alone, in int8 and in float32.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Model;

namespace GruLM.Tests.Generation;

public class DecodingBatchTests
{
    private static readonly GruConfig s_config = new()
    {
        VocabSize = 150,
        EmbeddingDim = 24,
        HiddenDim = 40,
        NumLayers = 2,
        Residual = true,
    };

    [Theory]
    [InlineData(WeightFormat.Int8, 1000)]
    [InlineData(WeightFormat.Fp32, 60)]
    public void Texts_that_come_and_go_are_what_each_is_alone(WeightFormat weights, int texts)
    {
        using GruParameters parameters = GradientTests.RandomParameters(s_config, 0.3);
        using var compute = Compute.Create(2);
        using IDecoder decoder = weights == WeightFormat.Int8
            ? new Int8Decoder(parameters, compute)
            : new FloatDecoder(parameters, compute);
        var random = new Random(3);
        Text[] all = [.. Enumerable.Range(0, texts).Select(i => new Text(
            i, [.. Enumerable.Range(0, 1 + random.Next(random.Next(8) == 0 ? 300 : 12)).Select(_ => random.Next(s_config.VocabSize))],
            random.Next(1, 40)))];
        var batch = new DecodingBatch(decoder) { PromptTokensAStep = 32 };
        var coming = new Queue<Text>(all);
        int most = 0;
        while (coming.Count > 0 || batch.Count > 0)
        {
            for (int joins = random.Next(8); joins > 0 && coming.TryDequeue(out Text? text); joins--)
            {
                BatchMember member = batch.Join(decoder.CreateSession());
                member.Tag = text;
                batch.Read(member, text.Prompt);
            }

            most = Math.Max(most, batch.Count);
            batch.Step((member, logits) =>
            {
                var text = (Text)member.Tag!;
                int id = text.Sampler.Sample(logits);
                text.Written.Add(id);
                if (text.Written.Count < text.Length) batch.Read(member, [id]);
                else batch.Leave(member);
            });
        }

        Assert.True(most > 20, $"{most} at once");
        foreach (Text text in all) Assert.Equal(Alone(decoder, text), text.Written);
    }

    [Fact]
    public void A_long_prompt_does_not_hold_others_up()
    {
        using GruParameters parameters = GradientTests.RandomParameters(s_config, 0.3);
        using var compute = Compute.Create(1);
        using var decoder = new Int8Decoder(parameters, compute);
        var batch = new DecodingBatch(decoder) { PromptTokensAStep = 10 };
        BatchMember slow = batch.Join(decoder.CreateSession()), quick = batch.Join(decoder.CreateSession());
        batch.Read(slow, new int[101]);
        batch.Read(quick, [5]);
        int quickScores = 0, slowScores = 0;
        while (slowScores == 0)
        {
            Assert.True(batch.Step((member, _) =>
            {
                if (member == slow)
                {
                    slowScores++;
                    return;
                }

                quickScores++;
                batch.Read(quick, [7]);
            }));
        }

        Assert.Equal(10, quickScores);
        batch.Leave(quick);
        batch.Leave(quick);
        Assert.Equal(1, batch.Count);
        Assert.False(batch.Step((_, _) => Assert.Fail("nobody waits")));
        Assert.Throws<ArgumentException>(() => batch.Read(quick, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Read(slow, [1, 150]));
        Assert.Equal(0, slow.Pending);
    }

    private static List<int> Alone(IDecoder decoder, Text text)
    {
        var sampler = new Sampler(text.Options);
        using IDecodingSession session = decoder.CreateSession();
        foreach (int id in text.Prompt) session.Read(id);
        List<int> written = [sampler.Sample(session.Logits())];
        while (written.Count < text.Length)
        {
            session.Read(written[^1]);
            written.Add(sampler.Sample(session.Logits()));
        }

        return written;
    }

    private sealed class Text(int number, int[] prompt, int length)
    {
        public SamplingOptions Options { get; } = new() { Seed = (ulong)number, TopK = 20, Temperature = 1 };

        public Sampler Sampler => field ??= new Sampler(Options);

        public int[] Prompt => prompt;

        public int Length => length;

        public List<int> Written { get; } = [];
    }
}
