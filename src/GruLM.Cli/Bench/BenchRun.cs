// grulm bench: what this machine's processor does, each figure beside the machine's own ceilings, measured in turn with it on the same
// threads. Other devices have a run of their own, DeviceBench, and so have tokenizers, TokenizerBench.

using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

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
        _report = new BenchReport(options.Json, BenchMachine.Of(_compute, options.Precision), output);
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

    /// <summary>A whole training step: forward, backward, clipping, AdamW; beside <paramref name="peer"/> where there is one.</summary>
    public int Train(BenchShape shape, PeerProgram? peer)
    {
        ModelWork.Check(shape);
        using var model = GruLanguageModel.Create(shape.Config, _compute, seed: 1);
        _report.Write(peer is null ? Step() : PeerTurns.Train(peer, shape, _compute.Threads, _compute.UsesBf16, Step));
        return ExitCode.Done;

        BenchResult Step() => ModelWork.Train(model, shape, Time);
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
        _report.Write(new BenchResult(name, timing, tokens, 6 * ModelWork.MultiplyAddsPerToken(config) * tokens));
        return ExitCode.Done;
    }

    /// <summary>Decoding texts token by token, top-k 50.</summary>
    public int Generate(BenchShape shape)
    {
        ModelWork.Check(shape);
        using var parameters = new GruParameters(shape.Config);
        ParameterInitializer.Fill(parameters, 1, _compute.Team);
        using IDecoder decoder = shape.Weights == WeightFormat.Int8
            ? new Int8Decoder(parameters, _compute)
            : new FloatDecoder(parameters, _compute);
        string? kernels = shape.Weights == WeightFormat.Int8 ? Int8Choice.Beside(_compute.Path).ToString().ToLowerInvariant() : null;
        if (shape.PromptTokens > 0) _report.Write(ModelWork.Prompt(decoder, shape, Time) with { Int8Kernels = kernels });
        _report.Write(ModelWork.Generate(decoder, shape, Time) with { Int8Kernels = kernels });
        return ExitCode.Done;
    }

    public void Dispose() => _compute.Dispose();

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
