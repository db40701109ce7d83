// What grulm bench train and generate repeat, wherever the model computes: a training step on random tokens, and a token of a text.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Bench;

/// <summary>Measures models; how times are taken is the caller's.</summary>
internal static class ModelWork
{
    private const int RunsOfPrompt = 5;

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
        return new BenchResult(TrainName(shape), timing, tokens, 6 * multiplyAdds * tokens);
    }

    /// <summary>The name of the training step of a shape.</summary>
    public static string TrainName(BenchShape shape) =>
        $"train V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers} B {shape.Batch} T {shape.Bptt}";

    /// <summary>Decoding texts side by side, token by token: a step of the state, all scores, and a draw from the 50 best at temperature
    /// 0.8.</summary>
    public static BenchResult Generate(IDecoder decoder, BenchShape shape, Func<int, Action, Timing> time)
    {
        var options = new SamplingOptions { TopK = 50, TopP = 1, MinP = 0, Temperature = 0.8 };
        IDecodingSession[] sessions = [.. Enumerable.Range(0, shape.Sessions).Select(_ => decoder.CreateSession())];
        Sampler[] samplers = [.. sessions.Select((_, i) => new Sampler(options with { Seed = (ulong)i }))];
        int[] ids = new int[sessions.Length];
        float[] logits = new float[ids.Length == 1 ? 0 : ids.Length * shape.Vocab];
        Action<int> draw = i => ids[i] = samplers[i].Sample(logits.AsSpan(i * shape.Vocab, shape.Vocab));
        Timing timing = time(shape.Steps, () =>
        {
            if (ids.Length == 1)
            {
                sessions[0].Read(ids[0]);
                ids[0] = samplers[0].Sample(sessions[0].BestLogits(samplers[0].BestNeeded()));
                return;
            }

            decoder.Read(sessions, ids);
            decoder.Logits(sessions, logits);
            decoder.Share(ids.Length, draw);
        });
        foreach (IDecodingSession session in sessions) session.Dispose();
        return Texts(shape, timing);
    }

    /// <summary>Reading a prompt, without scores.</summary>
    public static BenchResult Prompt(IDecoder decoder, BenchShape shape, Func<int, Action, Timing> time)
    {
        var random = new Philox(1, RandomPurpose.Shuffle);
        int[] ids = [.. Enumerable.Range(0, shape.PromptTokens).Select(i => random.Below(shape.Vocab, 2, (ulong)i))];
        using IDecodingSession session = decoder.CreateSession();
        Timing timing = time(RunsOfPrompt, () => session.Read(ids));
        string name = $"prompt V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers} tokens {shape.PromptTokens}";
        return new BenchResult(name, timing, ids.Length, 0);
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

    /// <summary>A batch of random tokens, the same every time.</summary>
    public static TokenBatch RandomBatch(BenchShape shape)
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
