// grulm bench: what this machine does, each figure beside the machine's own ceiling measured in the same run with the same threads.

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>The shape that <c>grulm bench train</c> and <c>generate</c> measure.</summary>
internal sealed record BenchShape(int Vocab, int Embedding, int Hidden, int Layers, int Batch, int Bptt, int Steps);

/// <summary>Runs <c>grulm bench</c>.</summary>
internal static unsafe class BenchRun
{
    /// <summary>Matrix products: a square one and the shapes of training.</summary>
    public static int Gemm(int threads, bool json, TextWriter output, CancellationToken cancel)
    {
        using var compute = Compute.Create(threads);
        double ceiling = FmaCeiling.Gflops(compute);
        if (!json) output.WriteLine(Row("case", "ms", "GFLOP/s", "of ceiling"));
        foreach (var (name, m, k, n, packing) in ((string, int, int, int, bool)[])
        [
            ("1024 x 1024 x 1024, packing included", 1024, 1024, 1024, true), ("2048 x 512 x 8192 (output layer)", 2048, 512, 8192, false),
            ("2048 x 512 x 1536 (input projection)", 2048, 512, 1536, false), ("8 x 512 x 1536 (GRU step)", 8, 512, 1536, false),
            ("32 x 512 x 1536 (GRU step)", 32, 512, 1536, false), ("64 x 512 x 1536 (GRU step)", 64, 512, 1536, false),
        ])
        {
            if (cancel.IsCancellationRequested) return ExitCode.Stopped;
            double seconds = Median(compute, m, k, n, packing), gflops = 2.0 * m * k * n / seconds / 1e9;
            if (json)
            {
                WriteJson(output, w =>
                {
                    w.WriteString("case", name);
                    Machine(w, compute, ceiling);
                    w.WriteNumber("median_ms", Math.Round(seconds * 1e3, 4));
                    w.WriteNumber("gflops", Math.Round(gflops, 1));
                });
            }
            else
            {
                output.WriteLine(Row(name, F(seconds * 1e3, "0.000"), F(gflops, "0.0"), F(100 * gflops / ceiling, "0") + " %"));
            }

            output.Flush();
        }

        if (!json) output.WriteLine($"\nceiling {F(ceiling, "0.0")} GFLOP/s, {Describe(compute)}");
        return ExitCode.Done;
    }

    /// <summary>A whole training step: forward, backward, clipping, AdamW.</summary>
    public static int Train(BenchShape shape, int threads, bool json, TextWriter output, CancellationToken cancel)
    {
        using var compute = Compute.Create(threads);
        var config = new GruConfig { VocabSize = shape.Vocab, EmbeddingDim = shape.Embedding, HiddenDim = shape.Hidden, NumLayers = shape.Layers, TieWeights = shape.Embedding == shape.Hidden };
        config.Validate();
        MemoryNeed.Check(config, new TrainingOptions { BatchSize = shape.Batch, Bptt = shape.Bptt });
        double ceiling = FmaCeiling.Gflops(compute);
        using var model = GruLanguageModel.Create(config, compute, seed: 1);
        var random = new Philox(1, RandomPurpose.Shuffle);
        var batch = new TokenBatch(shape.Bptt, shape.Batch);
        for (int i = 0; i < batch.Inputs.Length; i++) (batch.Inputs[i], batch.Targets[i]) = (random.Below(shape.Vocab, 0, (ulong)i), random.Below(shape.Vocab, 1, (ulong)i));
        var times = new List<double>();
        for (int step = 0; step < shape.Steps + 2; step++)
        {
            if (cancel.IsCancellationRequested) return ExitCode.Stopped;
            long start = Stopwatch.GetTimestamp();
            model.ForwardBackward(batch, batch.Targets.Length, step);
            double norm = model.GradientNorm();
            model.Update(3e-4, Math.Min(1, 1 / norm));
            if (step >= 2) times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        double seconds = Median(times), tokens = batch.Targets.Length, gflops = Flops(config) * tokens / seconds / 1e9;
        string name = $"train V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers} B {shape.Batch} T {shape.Bptt}";
        if (json)
        {
            WriteJson(output, w =>
            {
                w.WriteString("case", name);
                Machine(w, compute, ceiling);
                w.WriteNumber("median_ms", Math.Round(seconds * 1e3, 3));
                w.WriteNumber("tokens_per_s", Math.Round(tokens / seconds, 1));
                w.WriteNumber("gflops", Math.Round(gflops, 1));
            });
        }
        else
        {
            output.WriteLine($"{name}: {F(seconds * 1e3, "0.0")} ms a step (median of {times.Count}), {F(tokens / seconds, "#,0")} tokens/s");
            output.WriteLine($"{F(gflops, "0.0")} GFLOP/s of model arithmetic, {F(100 * gflops / ceiling, "0")} % of the ceiling of {F(ceiling, "0.0")}; {Describe(compute)}");
        }

        return ExitCode.Done;
    }

    /// <summary>Decoding one stream token by token, top-k 50.</summary>
    public static int Generate(BenchShape shape, int threads, bool json, TextWriter output, CancellationToken cancel)
    {
        using var compute = Compute.Create(threads);
        var config = new GruConfig { VocabSize = shape.Vocab, EmbeddingDim = shape.Embedding, HiddenDim = shape.Hidden, NumLayers = shape.Layers, TieWeights = shape.Embedding == shape.Hidden };
        MemoryNeed.Check(config, new TrainingOptions { BatchSize = 1, Bptt = 1 });
        using var parameters = new GruParameters(config);
        ParameterInitializer.Fill(parameters, 1);
        using var session = new DecodingSession(parameters, compute);
        var sampler = new Sampler(new SamplingOptions { TopK = 50, TopP = 1, MinP = 0, Temperature = 1 });
        int id = 0;
        var times = new List<double>();
        for (int i = 0; i < shape.Steps + 20; i++)
        {
            if (cancel.IsCancellationRequested) return ExitCode.Stopped;
            long start = Stopwatch.GetTimestamp();
            session.Read(id);
            id = sampler.Sample(session.Logits());
            if (i >= 20) times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        double seconds = Median(times);
        string name = $"generate V {shape.Vocab} E {shape.Embedding} H {shape.Hidden} L {shape.Layers}";
        if (json)
        {
            WriteJson(output, w =>
            {
                w.WriteString("case", name);
                w.WriteString("precision", "fp32");
                w.WriteNumber("threads", compute.Team.Count);
                w.WriteNumber("median_us", Math.Round(seconds * 1e6, 2));
                w.WriteNumber("tokens_per_s", Math.Round(1 / seconds, 1));
            });
        }
        else
        {
            output.WriteLine($"{name}: {F(seconds * 1e6, "0.0")} µs a token, {F(1 / seconds, "#,0")} tokens/s; {Describe(compute)}");
        }

        return ExitCode.Done;
    }

    /// <summary>Floating-point operations a trained token: six for each multiply-add of the forward pass.</summary>
    private static double Flops(GruConfig c)
    {
        double madds = (double)c.HiddenDim * c.VocabSize;
        for (int l = 0; l < c.NumLayers; l++) madds += 3.0 * c.HiddenDim * (c.InputDim(l) + c.HiddenDim);
        return 6 * madds;
    }

    private static double Median(Compute compute, int m, int k, int n, bool packing)
    {
        using var a = new AlignedBuffer<float>((long)m * k);
        using var source = new AlignedBuffer<float>((long)k * n);
        using var c = new AlignedBuffer<float>((long)m * n);
        using var b = compute.NewPacked(k, n);
        for (int i = 0; i < a.Length; i++) a.Pointer[i] = 1f / (1 + (i % 97));
        for (int i = 0; i < source.Length; i++) source.Pointer[i] = 1f / (1 + (i % 89));
        compute.PackRows(source.Pointer, n, n, null, b);
        var times = new List<double>();
        int runs = (int)Math.Clamp(4e10 / (2.0 * m * k * n), 9, 501);
        for (int run = 0; run < runs + 2; run++)
        {
            long start = Stopwatch.GetTimestamp();
            if (packing) compute.PackRows(source.Pointer, n, n, null, b);
            compute.Multiply(a.Pointer, k, m, b, c.Pointer, n, add: false);
            if (run >= 2) times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return Median(times);
    }

    private static double Median(List<double> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }

    private static void Machine(Utf8JsonWriter json, Compute compute, double ceiling)
    {
        json.WriteString("precision", "fp32");
        json.WriteString("kernels", compute.Path.ToString().ToLowerInvariant());
        json.WriteNumber("threads", compute.Team.Count);
        json.WriteNumber("fp32_ceiling_gflops", Math.Round(ceiling, 1));
    }

    private static string Describe(Compute compute) => $"{compute.Team.Count} thread{(compute.Team.Count == 1 ? "" : "s")}, {compute.Path.ToString().ToLowerInvariant()} kernels, fp32";

    private static void WriteJson(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static string Row(string name, string ms, string gflops, string share) => $"{name,-40}{ms,10}{gflops,10}{share,12}";

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
