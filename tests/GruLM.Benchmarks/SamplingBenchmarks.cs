// Choosing one token, under BenchmarkDotNet: dotnet run -c Release --project tests/GruLM.Benchmarks -- --filter "*Sampling*"

using BenchmarkDotNet.Attributes;
using GruLM.Generation;

namespace GruLM.Benchmarks;

[MemoryDiagnoser]
public class SamplingBenchmarks
{
    private const int Rows = 64, Deviation = 3;
    private readonly LogProbs _logProbs = new();
    private readonly TokenLogProb[] _best = new TokenLogProb[5];
    private Sampler _sampler = null!;
    private float[][] _rows = null!;
    private int _next;

    [Params(2048, 8192)]
    public int Vocab { get; set; }

    [Params("top-k 50", "default", "top-p alone", "min-p alone", "mirostat", "greedy")]
    public string Chain { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _rows = [.. Enumerable.Range(0, Rows).Select(_ => Enumerable.Range(0, Vocab).Select(_ => Normal(random)).ToArray())];
        _sampler = new Sampler(Chain switch
        {
            "top-k 50" => new() { TopK = 50, TopP = 1, MinP = 0 },
            "top-p alone" => new() { TopK = 0, MinP = 0 },
            "min-p alone" => new() { TopK = 0, TopP = 1 },
            "mirostat" => new() { Mirostat = 2 },
            "greedy" => new() { Temperature = 0 },
            _ => new(),
        });
    }

    [Benchmark]
    public int Sample() => _sampler.Sample(Next());

    [Benchmark]
    public float LogProb() => _logProbs.Of(Next(), 7, _best);

    private float[] Next() => _rows[_next = (_next + 1) % Rows];

    private static float Normal(Random random) =>
        (float)(Deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
