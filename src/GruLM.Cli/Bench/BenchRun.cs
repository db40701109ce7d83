// grulm bench: what this machine does, each figure beside the machine's own ceilings, measured in turn with it on the same threads.
// Tokenizers have a run of their own, TokenizerBench.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Bench;

/// <summary>Runs <c>grulm bench</c>.</summary>
internal sealed unsafe class BenchRun : IDisposable
{
    // The square product of textbooks, and the shapes that training has: M rows times a K x N matrix.
    private static readonly (string Name, int M, int K, int N, bool PackingIncluded)[] s_products =
    [
        ("1024 x 1024 x 1024, packing included", 1024, 1024, 1024, true),
        ("2048 x 512 x 8192 (output layer)", 2048, 512, 8192, false),
        ("2048 x 512 x 1536 (input projection)", 2048, 512, 1536, false),
        ("8 x 512 x 1536 (GRU step)", 8, 512, 1536, false),
        ("16 x 512 x 1536 (GRU step)", 16, 512, 1536, false),
        ("32 x 512 x 1536 (GRU step)", 32, 512, 1536, false),
        ("64 x 512 x 1536 (GRU step)", 64, 512, 1536, false),
    ];

    // Runs of a product: so many that together they take about this many operations.
    private const double FlopsOfAllRuns = 4e10;
    private const int MinRuns = 9, MaxRuns = 501, RunsOfTile = 101;

    private readonly Compute _compute;
    private readonly BenchReport _report;
    private readonly CancellationToken _cancel;

    public BenchRun(BenchOptions options, TextWriter output, CancellationToken cancel)
    {
        _compute = Compute.Create(options.Threads, options.Precision);
        _report = new BenchReport(options, _compute, output);
        _cancel = cancel;
    }

    /// <summary>Matrix products: a square one and the shapes of training.</summary>
    public int Gemm()
    {
        _report.BeginTable();
        Timing tile = Time(RunsOfTile, () => TileCeiling.Run(_compute));
        _report.Write(new BenchResult("register tile, first-level cache", tile, 0, TileCeiling.Run(_compute)));
        foreach ((string name, int m, int k, int n, bool packingIncluded) in s_products)
        {
            _report.Write(new BenchResult(name, Product(m, k, n, packingIncluded), 0, 2.0 * m * k * n));
        }

        _report.EndTable();
        return ExitCode.Done;
    }

    /// <summary>A whole training step: forward, backward, clipping, AdamW.</summary>
    public int Train(BenchShape shape)
    {
        GruConfig config = shape.Config;
        config.Validate();
        MemoryNeed.Check(config, new TrainingOptions { BatchSize = shape.Batch, Bptt = shape.Bptt });
        using var model = GruLanguageModel.Create(config, _compute, seed: 1);
        TokenBatch batch = RandomBatch(shape);
        int tokens = batch.Targets.Length;
        long step = 0;
        Timing timing = Time(shape.Steps, () =>
        {
            model.ForwardBackward(batch, tokens, step++);
            double norm = model.GradientNorm();
            model.Update(3e-4, Math.Min(1, 1 / norm));
        });
        double multiplyAdds = MultiplyAddsPerToken(config) + ((double)config.HiddenDim * config.VocabSize);
        string name =
            $"train V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers} B {shape.Batch} T {shape.Bptt}";
        _report.Write(new BenchResult(name, timing, tokens, 6 * multiplyAdds * tokens));
        return ExitCode.Done;
    }

    /// <summary>The GRU layers alone, forward and backward; weights stay packed.</summary>
    public int Gru(BenchShape shape)
    {
        GruConfig config = shape.Config with { VocabSize = 2 };
        config.Validate();
        using var parameters = new GruParameters(config);
        ParameterInitializer.Fill(parameters, 1, _compute.Team);
        using var layers = new GruLayers(parameters, _compute, shape.Bptt, shape.Batch);
        int tokens = shape.Bptt * shape.Batch;
        float[] x = new float[tokens * shape.Embedding], y = new float[tokens * shape.Hidden], dX = new float[x.Length];
        for (int i = 0; i < x.Length; i++) x[i] = (i % 17 / 17f) - 0.5f;
        Timing timing = Time(shape.Steps, () =>
        {
            layers.Forward(x, y);
            layers.Backward(y, dX);
        });
        string name = $"GRU layers E {shape.Embedding} H {shape.Hidden} L {shape.Layers} B {shape.Batch} T {shape.Bptt}";
        _report.Write(new BenchResult(name, timing, tokens, 6 * MultiplyAddsPerToken(config) * tokens));
        return ExitCode.Done;
    }

    /// <summary>Decoding one stream token by token, top-k 50.</summary>
    public int Generate(BenchShape shape)
    {
        MemoryNeed.Check(shape.Config, new TrainingOptions { BatchSize = 1, Bptt = 1 });
        using var parameters = new GruParameters(shape.Config);
        ParameterInitializer.Fill(parameters, 1, _compute.Team);
        using var session = new DecodingSession(parameters, _compute);
        var sampler = new Sampler(new SamplingOptions { TopK = 50, TopP = 1, MinP = 0, Temperature = 1 });
        int id = 0;
        Timing timing = Time(shape.Steps, () =>
        {
            session.Read(id);
            id = sampler.Sample(session.Logits());
        });
        string name = $"generate V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers}";
        _report.Write(new BenchResult(name, timing, 1, 0));
        return ExitCode.Done;
    }

    public void Dispose() => _compute.Dispose();

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

    // In the layers, forward alone.
    private static double MultiplyAddsPerToken(GruConfig config) => Enumerable.Range(0, config.NumLayers)
        .Sum(layer => 3.0 * config.HiddenDim * (config.InputDim(layer) + config.HiddenDim));

    private Timing Product(int m, int k, int n, bool packingIncluded)
    {
        using var a = new AlignedBuffer<float>((long)m * k);
        using var source = new AlignedBuffer<float>((long)k * n);
        using var c = new AlignedBuffer<float>((long)m * n);
        using PackedMatrix b = _compute.NewPacked(k, n);
        for (int i = 0; i < a.Length; i++) a.Pointer[i] = 1f / (1 + (i % 97));
        for (int i = 0; i < source.Length; i++) source.Pointer[i] = 1f / (1 + (i % 89));
        _compute.PackRows(source.Pointer, n, n, null, b);
        int runs = (int)Math.Clamp(FlopsOfAllRuns / (2.0 * m * k * n), MinRuns, MaxRuns);
        return Time(runs, () =>
        {
            if (packingIncluded) _compute.PackRows(source.Pointer, n, n, null, b);
            _compute.Multiply(a.Pointer, k, m, b, c.Pointer, n, add: false);
        });
    }

    private Timing Time(int runs, Action work) => Timing.Of(_compute, runs, work, _cancel);
}
