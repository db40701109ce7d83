// One case of grulm bench, measured.

namespace GruLM.Cli.Bench;

/// <summary>A case and what it took.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Timing">What was measured.</param>
/// <param name="Tokens">Tokens a run; 0 for a matrix product.</param>
/// <param name="Flops">Floating-point operations a run; 0 where they are not counted.</param>
internal readonly record struct BenchResult(string Name, Timing Timing, double Tokens, double Flops)
{
    /// <summary>The kernels that multiplied bytes, where weights were int8; null elsewhere.</summary>
    public string? Int8Kernels { get; init; }

    /// <summary>Megabytes (2^20) of a card that it took at most; 0 on the processor.</summary>
    public double CardMegabytes { get; init; }

    /// <summary>What another program made of the same; null where none was named.</summary>
    public PeerFigure? Peer { get; init; }

    public double Gflops => Flops / Timing.Seconds / 1e9;

    /// <summary>The share of the float32 ceiling, in billionths.</summary>
    public double OfFp32 => Flops * Timing.PerSecondOfFp32;

    /// <summary>The share of the bfloat16 ceiling, in billionths.</summary>
    public double OfBf16 => Flops * Timing.PerSecondOfBf16;
}
