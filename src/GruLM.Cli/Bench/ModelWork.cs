// What grulm bench train and generate repeat, wherever the model computes: a training step on random tokens, and a token of a text.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Bench;

/// <summary>Measures models; how times are taken is the caller's.</summary>
internal static class ModelWork
{
    /// <summary>Throws <see cref="ArgumentException"/> for sizes that make no sense here.</summary>
    public static void Check(BenchShape shape)
    {
        shape.Config.Validate();
        MemoryNeed.Check(shape.Config, new TrainingOptions { BatchSize = shape.Batch, Bptt = shape.Bptt });
    }

    /// <summary>A whole training step: forward, backward, clipping, AdamW.</summary>
    public static BenchResult Train(ITrainableModel model, BenchShape shape, Func<int, Action, Timing> time)
    {
        TokenBatch batch = RandomBatch(shape);
        int tokens = batch.Targets.Length;
        long step = 0;
        Timing timing = time(shape.Steps, () =>
        {
            model.ForwardBackward(batch, tokens, step++);
            double norm = model.GradientNorm();
            model.Update(3e-4, Math.Min(1, 1 / norm));
        });
        GruConfig config = shape.Config;
        double multiplyAdds = MultiplyAddsPerToken(config) + ((double)config.HiddenDim * config.VocabSize);
        string name =
            $"train V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers} B {shape.Batch} T {shape.Bptt}";
        return new BenchResult(name, timing, tokens, 6 * multiplyAdds * tokens);
    }

    /// <summary>Decoding texts in turn, token by token, top-k 50.</summary>
    public static BenchResult Generate(IReadOnlyList<IDecodingSession> sessions, BenchShape shape, Func<int, Action, Timing> time)
    {
        var sampler = new Sampler(new SamplingOptions { TopK = 50, TopP = 1, MinP = 0, Temperature = 1 });
        int[] ids = new int[sessions.Count];
        Timing timing = time(shape.Steps, () =>
        {
            for (int i = 0; i < ids.Length; i++)
            {
                sessions[i].Read(ids[i]);
                ids[i] = sampler.Sample(sessions[i].Logits());
            }
        });
        return Texts(shape, timing);
    }

    /// <summary>What decoding a token of every text took.</summary>
    public static BenchResult Texts(BenchShape shape, Timing timing)
    {
        string sessions = shape.Sessions > 1 ? $" sessions {shape.Sessions}" : "";
        string name = $"generate V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers}{sessions}";
        return new BenchResult(name, timing, shape.Sessions, 0);
    }

    /// <summary>Multiplications with an addition in the layers, forward alone.</summary>
    public static double MultiplyAddsPerToken(GruConfig config) => Enumerable.Range(0, config.NumLayers)
        .Sum(layer => 3.0 * config.HiddenDim * (config.InputDim(layer) + config.HiddenDim));

    private static TokenBatch RandomBatch(BenchShape shape)
    {
        var random = new Philox(1, RandomPurpose.Shuffle);
        var batch = new TokenBatch(shape.Bptt, shape.Batch);
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            (batch.Inputs[i], batch.Targets[i]) = (random.Below(shape.Vocab, 0, (ulong)i), random.Below(shape.Vocab, 1, (ulong)i));
        }

        return batch;
    }
}
