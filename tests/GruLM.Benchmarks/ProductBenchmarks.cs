// Matrix products under BenchmarkDotNet, on every kernel path: dotnet run -c Release --project tests/GruLM.Benchmarks

using BenchmarkDotNet.Attributes;
using GruLM.Kernels;

namespace GruLM.Benchmarks;

public unsafe class ProductBenchmarks : IDisposable
{
    private Compute _compute = null!;
    private AlignedBuffer<float> _a = null!;
    private AlignedBuffer<float> _source = null!;
    private AlignedBuffer<float> _c = null!;
    private PackedMatrix _b = null!;

    [ParamsSource(nameof(AllPaths))]
    public KernelPath Path { get; set; }

    [Params("1024x1024x1024", "32x512x1536")]
    public string Shape { get; set; } = "";

    public static IEnumerable<KernelPath> AllPaths => KernelChoice.Available;

    [GlobalSetup]
    public void Setup()
    {
        int[] s = [.. Shape.Split('x').Select(int.Parse)];
        _compute = Compute.Create(1, Path);
        _a = new AlignedBuffer<float>((long)s[0] * s[1]);
        _source = new AlignedBuffer<float>((long)s[1] * s[2]);
        _c = new AlignedBuffer<float>((long)s[0] * s[2]);
        _b = _compute.NewPacked(s[1], s[2]);
        for (int i = 0; i < _a.Length; i++) _a.Pointer[i] = 1f / (1 + (i % 97));
        for (int i = 0; i < _source.Length; i++) _source.Pointer[i] = 1f / (1 + (i % 89));
        _compute.PackRows(_source.Pointer, s[2], s[2], null, _b);
    }

    [Benchmark]
    public void Product() => _compute.Multiply(_a.Pointer, _b.K, (int)(_a.Length / _b.K), _b, _c.Pointer, _b.N, add: false);

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (IDisposable owned in (IDisposable[])[_compute, _a, _source, _c, _b]) owned.Dispose();
        GC.SuppressFinalize(this);
    }
}
