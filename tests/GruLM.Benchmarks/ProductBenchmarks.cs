// Matrix products under BenchmarkDotNet, on every kernel path: dotnet run -c Release --project tests/GruLM.Benchmarks

using BenchmarkDotNet.Attributes;
using GruLM.Kernels;

namespace GruLM.Benchmarks;

public unsafe class ProductBenchmarks : IDisposable
{
    private Compute compute = null!;
    private AlignedBuffer<float> a = null!;
    private AlignedBuffer<float> source = null!;
    private AlignedBuffer<float> c = null!;
    private PackedMatrix b = null!;

    [ParamsSource(nameof(AllPaths))]
    public KernelPath Path { get; set; }

    [Params("1024x1024x1024", "32x512x1536")]
    public string Shape { get; set; } = "";

    public static IEnumerable<KernelPath> AllPaths => KernelChoice.Available;

    [GlobalSetup]
    public void Setup()
    {
        int[] s = [.. Shape.Split('x').Select(int.Parse)];
        compute = Compute.Create(1, Path);
        a = new AlignedBuffer<float>((long)s[0] * s[1]);
        source = new AlignedBuffer<float>((long)s[1] * s[2]);
        c = new AlignedBuffer<float>((long)s[0] * s[2]);
        b = compute.NewPacked(s[1], s[2]);
        for (int i = 0; i < a.Length; i++) a.Pointer[i] = 1f / (1 + (i % 97));
        for (int i = 0; i < source.Length; i++) source.Pointer[i] = 1f / (1 + (i % 89));
        compute.PackRows(source.Pointer, s[2], s[2], null, b);
    }

    [Benchmark]
    public void Product() => compute.Multiply(a.Pointer, b.K, (int)(a.Length / b.K), b, c.Pointer, b.N, add: false);

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (IDisposable owned in (IDisposable[])[compute, a, source, c, b]) owned.Dispose();
        GC.SuppressFinalize(this);
    }
}
