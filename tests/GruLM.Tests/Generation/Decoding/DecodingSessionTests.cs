// Decoding one token at a time gives what the model gives over whole sequences, on every path.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tests.Model;

namespace GruLM.Tests.Generation;

public class DecodingSessionTests
{
    public static TheoryData<KernelPath> Paths => [.. KernelChoice.Available];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Step_by_step_equals_the_whole_sequence(KernelPath path)
    {
        (int, bool, bool)[] kinds = [(7, false, false), (16, true, false), (21, false, true), (40, true, true)];
        foreach ((int hidden, bool layerNorm, bool residual) in kinds)
        {
            var sizes = new GruConfig { VocabSize = 33, EmbeddingDim = 10, HiddenDim = hidden, NumLayers = 3 };
            GruConfig config = sizes with { LayerNorm = layerNorm, Residual = residual };
            using var compute = Compute.Create(2, path);
            using var model = new GruLanguageModel(GradientTests.RandomParameters(config, 0.4), compute);
            using var session = new DecodingSession(model.Parameters, compute);
            TokenBatch batch = GradientTests.RandomBatch(12, 1, config.VocabSize);
            for (int t = 0; t < 11; t++) batch.Targets[t] = batch.Inputs[t + 1];
            float[] expected = new float[12];
            model.Score(batch, expected);
            for (int t = 0; t < 11; t++)
            {
                session.Read(batch.Inputs[t]);
                float[] logits = session.Logits().ToArray();
                double logSum = Math.Log(logits.Sum(x => Math.Exp(x)));
                Assert.Equal(expected[t], logits[batch.Targets[t]] - logSum, 1e-5);
            }
        }
    }

    [Fact]
    public void A_saved_state_continues_where_it_was()
    {
        var config = new GruConfig { VocabSize = 33, EmbeddingDim = 10, HiddenDim = 13, NumLayers = 2, LayerNorm = true, Residual = true };
        using var compute = Compute.Create(1);
        using GruParameters parameters = GradientTests.RandomParameters(config, 0.4);
        using var session = new DecodingSession(parameters, compute);
        session.Read(3);
        session.Read(4);
        float[] state = session.SaveState();
        session.Read(5);
        float[] expected = session.Logits().ToArray();
        using var other = new DecodingSession(parameters, compute);
        other.RestoreState(state);
        other.Read(5);
        Assert.Equal(expected, other.Logits().ToArray());
        session.Reset();
        Assert.All(session.SaveState(), x => Assert.Equal(0, x));
        Assert.Throws<ArgumentException>(() => session.RestoreState(new float[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Read(33));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Read(-1));
    }

    [Fact]
    public void Scores_outlive_their_session()
    {
        var config = new GruConfig { VocabSize = 3000, EmbeddingDim = 10, HiddenDim = 13, NumLayers = 2 };
        using var compute = Compute.Create(1);
        using GruParameters parameters = GradientTests.RandomParameters(config, 0.4);
        using var session = new DecodingSession(parameters, compute);
        session.Read(3);
        ReadOnlySpan<float> logits = session.Logits();
        float[] expected = logits.ToArray();
        session.Dispose();
        session.Dispose();

        // What was freed would be handed out again, and written to.
        AlignedBuffer<float>[] others = [.. Enumerable.Range(0, 50).Select(_ => new AlignedBuffer<float>(config.VocabSize))];
        GC.Collect();
        Assert.Equal(expected, logits.ToArray());
        foreach (AlignedBuffer<float> other in others) other.Dispose();

        Action[] uses =
        [
            () => session.Read(3), () => session.Logits(), () => session.SaveState(), () => session.RestoreState(new float[26]),
            session.Reset,
        ];
        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
    }

    [Fact]
    public void A_session_over_disposed_parameters_or_compute_says_so()
    {
        var config = new GruConfig { VocabSize = 33, EmbeddingDim = 10, HiddenDim = 13, NumLayers = 2 };
        var compute = Compute.Create(2);
        GruParameters parameters = GradientTests.RandomParameters(config, 0.4), others = parameters.Copy(config);
        using var session = new DecodingSession(parameters, compute);
        parameters.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Read(3));
        Assert.Throws<ObjectDisposedException>(() => session.Logits());
        using var other = new DecodingSession(others, compute);
        other.Read(3);
        compute.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.Read(3));
        Assert.Throws<ObjectDisposedException>(() => other.Logits());
        others.Dispose();
    }

    [Fact]
    public void A_decoding_step_allocates_nothing_once_warm()
    {
        var config = new GruConfig { VocabSize = 133, EmbeddingDim = 10, HiddenDim = 13, NumLayers = 2 };
        using var compute = Compute.Create(1);
        using GruParameters parameters = GradientTests.RandomParameters(config, 0.4);
        using var session = new DecodingSession(parameters, compute);
        var sampler = new Sampler(new SamplingOptions());
        for (int i = 0; i < 3; i++) Step();
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int i = 0; i < 20; i++) Step();
        }));

        void Step()
        {
            session.Read(3);
            sampler.Sample(session.Logits());
        }
    }
}
