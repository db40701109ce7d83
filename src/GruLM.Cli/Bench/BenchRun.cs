// grulm bench: what this machine does, each figure beside the machine's own ceilings, measured in turn with it on the same threads.

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>The shape that <c>grulm bench train</c>, <c>gru</c> and <c>generate</c> measure.</summary>
internal sealed record BenchShape(int Vocab, int Embedding, int Hidden, int Layers, int Batch, int Bptt, int Steps)
{
    /// <summary>The language model of this shape, tied where it can be.</summary>
    public GruConfig Config =>
        new() { VocabSize = Vocab, EmbeddingDim = Embedding, HiddenDim = Hidden, NumLayers = Layers, TieWeights = Embedding == Hidden };
}

/// <summary>How to measure and report.</summary>
internal sealed record BenchOptions(int Threads, Precision Precision, bool Json);

/// <summary>Runs <c>grulm bench</c>.</summary>
internal sealed unsafe class BenchRun(BenchOptions options, TextWriter output, CancellationToken cancel) : IDisposable
{
    private readonly Compute _compute = Compute.Create(options.Threads, options.Precision);

    /// <summary>Matrix products: a square one and the shapes of training.</summary>
    public int Gemm()
    {
        if (!options.Json) output.WriteLine(Row("case", "ms", "GFLOP/s", "of fp32", "of bf16"));
        Report("register tile, first-level cache", Time(101, () => TileCeiling.Run(_compute)), 0, TileCeiling.Run(_compute));
        foreach ((string? name, int m, int k, int n, bool packing) in ((string, int, int, int, bool)[])
        [
            ("1024 x 1024 x 1024, packing included", 1024, 1024, 1024, true), ("2048 x 512 x 8192 (output layer)", 2048, 512, 8192, false),
            ("2048 x 512 x 1536 (input projection)", 2048, 512, 1536, false), ("8 x 512 x 1536 (GRU step)", 8, 512, 1536, false),
            ("16 x 512 x 1536 (GRU step)", 16, 512, 1536, false), ("32 x 512 x 1536 (GRU step)", 32, 512, 1536, false),
            ("64 x 512 x 1536 (GRU step)", 64, 512, 1536, false), ])
        {
            Report(name, Product(m, k, n, packing), 0, 2.0 * m * k * n);
        }

        if (!options.Json) output.WriteLine($"\n{KernelChoice.Describe(_compute, options.Precision)}");
        return ExitCode.Done;
    }

    /// <summary>A whole training step: forward, backward, clipping, AdamW.</summary>
    public int Train(BenchShape shape)
    {
        GruConfig config = shape.Config;
        config.Validate();
        MemoryNeed.Check(config, new TrainingOptions { BatchSize = shape.Batch, Bptt = shape.Bptt });
        using var model = GruLanguageModel.Create(config, _compute, seed: 1);
        var random = new Philox(1, RandomPurpose.Shuffle);
        var batch = new TokenBatch(shape.Bptt, shape.Batch);
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            (batch.Inputs[i], batch.Targets[i]) = (random.Below(shape.Vocab, 0, (ulong)i), random.Below(shape.Vocab, 1, (ulong)i));
        }

        long step = 0;
        Timing result = Time(shape.Steps, () =>
        {
            model.ForwardBackward(batch, batch.Targets.Length, step++);
            double norm = model.GradientNorm();
            model.Update(3e-4, Math.Min(1, 1 / norm));
        });
        Report(
            $"train V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers} B {shape.Batch} T {shape.Bptt}", result,
            batch.Targets.Length, 6 * (Gates(config) + ((double)config.HiddenDim * config.VocabSize)) * batch.Targets.Length);
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
        Timing result = Time(shape.Steps, () =>
        {
            layers.Forward(x, y);
            layers.Backward(y, dX);
        });
        Report($"GRU layers E {shape.Embedding} H {shape.Hidden} L {shape.Layers} B {shape.Batch} T {shape.Bptt}", result, tokens,
            6 * Gates(config) * tokens);
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
        Timing result = Time(shape.Steps, () =>
        {
            session.Read(id);
            id = sampler.Sample(session.Logits());
        });
        Report($"generate V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers}", result, 1, 0);
        return ExitCode.Done;
    }

    public void Dispose() => _compute.Dispose();

    /// <summary>Multiply-adds of a token in the layers.</summary>
    private static double Gates(GruConfig c) => Enumerable.Range(0, c.NumLayers)
        .Sum(l => 3.0 * c.HiddenDim * (c.InputDim(l) + c.HiddenDim));

    private Timing Product(int m, int k, int n, bool packing)
    {
        using var a = new AlignedBuffer<float>((long)m * k);
        using var source = new AlignedBuffer<float>((long)k * n);
        using var c = new AlignedBuffer<float>((long)m * n);
        using PackedMatrix b = _compute.NewPacked(k, n);
        for (int i = 0; i < a.Length; i++) a.Pointer[i] = 1f / (1 + (i % 97));
        for (int i = 0; i < source.Length; i++) source.Pointer[i] = 1f / (1 + (i % 89));
        _compute.PackRows(source.Pointer, n, n, null, b);
        return Time((int)Math.Clamp(4e10 / (2.0 * m * k * n), 9, 501), () =>
        {
            if (packing) _compute.PackRows(source.Pointer, n, n, null, b);
            _compute.Multiply(a.Pointer, k, m, b, c.Pointer, n, add: false);
        });
    }

    /// <param name="Seconds">The median run.</param>
    /// <param name="Runs">How many runs there were.</param>
    /// <param name="Fp32">The median ceiling in GFLOP/s.</param>
    /// <param name="Bf16">The same for bfloat16; 0 where there is none.</param>
    /// <param name="PerSecondOfFp32">The median of (runs a second / ceiling), which times the FLOPs of a run is its share of the
    /// ceiling.</param>
    /// <param name="PerSecondOfBf16">The same for bfloat16.</param>
    private readonly record struct Timing(double Seconds, int Runs, double Fp32, double Bf16, double PerSecondOfFp32,
        double PerSecondOfBf16);

    /// <summary>
    /// The median of some runs after two that are not counted. Runs and the machine's ceilings are measured in turn, every few milliseconds
    /// where runs are short: other work on the machine moves both, and a share of the ceiling is the median of the shares of neighbours.
    /// </summary>
    private Timing Time(int runs, Action work)
    {
        const double Apart = 5e-3;
        var times = new List<double>();
        List<double> fp32 = [], bf16 = [], ofFp32 = [], ofBf16 = [];
        bool hasBf16 = _compute.Bf16 is not null && AmxMachine.IsReal;
        work();
        work();
        Ceilings();
        while (times.Count < runs)
        {
            double group = 0;
            int first = times.Count;
            while (group < Apart && times.Count < runs)
            {
                cancel.ThrowIfCancellationRequested();
                long start = Stopwatch.GetTimestamp();
                work();
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                group += times[^1];
            }

            Ceilings();
            double perSecond = (times.Count - first) / group;
            ofFp32.Add(perSecond / ((fp32[^1] + fp32[^2]) / 2));
            if (hasBf16) ofBf16.Add(perSecond / ((bf16[^1] + bf16[^2]) / 2));
        }

        return new Timing(Median(times), runs, Median(fp32), Median(bf16), Median(ofFp32), Median(ofBf16));

        void Ceilings()
        {
            fp32.Add(FmaCeiling.Gflops(_compute));
            if (hasBf16) bf16.Add(AmxCeiling.Gflops(_compute.Team));
        }
    }

    private static double Median(List<double> values) => values.Count == 0 ? 0 : values.Order().ElementAt(values.Count / 2);

    private void Report(string name, Timing t, double tokens, double flops)
    {
        double gflops = flops / t.Seconds / 1e9;
        if (options.Json)
        {
            JsonLine.Write(output, json => WriteFields(json, name, t, tokens, flops));
        }
        else if (tokens == 0)
        {
            output.WriteLine(
                Row(name, F(t.Seconds * 1e3, "0.000"), F(gflops, "#,0.0"), Share(flops * t.PerSecondOfFp32),
                Share(flops * t.PerSecondOfBf16)));
        }
        else
        {
            string time = t.Seconds < 1e-3 ? $"{F(t.Seconds * 1e6, "0.0")} µs" : $"{F(t.Seconds * 1e3, "#,0.0")} ms";
            output.WriteLine(
                $"{name}: {time}{(tokens > 1 ? " a step" : " a token")} (median of {t.Runs}), {F(tokens / t.Seconds, "#,0")} tokens/s");
            if (flops > 0)
            {
                output.WriteLine(
                    $"{F(gflops, "#,0.0")} GFLOP/s of model arithmetic, {Share(flops * t.PerSecondOfFp32)} of the fp32 ceiling of {F(t.Fp32, "#,0.0")}{(t.Bf16 > 0 ? $", {Share(flops * t.PerSecondOfBf16)} of the bf16 ceiling of {F(t.Bf16, "#,0.0")}" : "")}");
            }

            output.WriteLine(KernelChoice.Describe(_compute, options.Precision));
        }

        output.Flush();
    }

    private void WriteFields(Utf8JsonWriter json, string name, Timing t, double tokens, double flops)
    {
        double gflops = flops / t.Seconds / 1e9;
        json.WriteString("case", name);
        json.WriteString("precision", _compute.Bf16 is null ? "fp32" : "bf16");
        json.WriteString("kernels", _compute.Path.ToString().ToLowerInvariant());
        json.WriteNumber("threads", _compute.Team.Count);
        if (t.Seconds < 1e-3 && tokens == 1) json.WriteNumber("median_us", Math.Round(t.Seconds * 1e6, 2));
        else json.WriteNumber("median_ms", Math.Round(t.Seconds * 1e3, 4));
        if (tokens > 0) json.WriteNumber("tokens_per_s", Math.Round(tokens / t.Seconds, 1));
        if (gflops > 0) json.WriteNumber("gflops", Math.Round(gflops, 1));
        json.WriteNumber("fp32_ceiling_gflops", Math.Round(t.Fp32, 1));
        if (flops > 0) json.WriteNumber("of_fp32_ceiling", Math.Round(flops * t.PerSecondOfFp32 / 1e9, 3));
        if (t.Bf16 > 0) json.WriteNumber("bf16_ceiling_gflops", Math.Round(t.Bf16, 1));
        if (t.Bf16 > 0 && flops > 0) json.WriteNumber("of_bf16_ceiling", Math.Round(flops * t.PerSecondOfBf16 / 1e9, 3));
    }

    private static string Share(double share) => share > 0 ? F(share / 1e7, "0") + " %" : "";

    private static string Row(string name, string ms, string gflops, string fp32, string bf16) =>
        $"{name,-40}{ms,10}{gflops,10}{fp32,10}{bf16,10}".TrimEnd();

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
