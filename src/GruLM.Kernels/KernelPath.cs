// Which instruction set the kernels use. The environment variable GRULM_KERNELS forces a path, so that every path
// can be tested and timed on one machine; without it the widest that the processor runs well is taken.

using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>The kernel paths, from the plainest to the widest.</summary>
public enum KernelPath
{
    /// <summary>One float at a time: the plain path that the others are checked against.</summary>
    Scalar,

    /// <summary>128-bit vectors: SSE, NEON.</summary>
    Vector128,

    /// <summary>256-bit vectors: AVX2 with FMA.</summary>
    Vector256,

    /// <summary>512-bit vectors: AVX-512.</summary>
    Vector512,
}

/// <summary>Finds the kernel paths of this machine.</summary>
public static class KernelChoice
{
    /// <summary>The environment variable that forces a path: scalar, vector128, vector256 or vector512.</summary>
    public const string Variable = "GRULM_KERNELS";

    /// <summary>Every path that this process can run, plainest first.</summary>
    public static IReadOnlyList<KernelPath> Available { get; } =
        [.. Enum.GetValues<KernelPath>().Where(IsAvailable)];

    /// <summary>The path that <see cref="Variable"/> names, else the widest available.
    /// Throws <see cref="ArgumentException"/> when the variable names no path, or one that this machine lacks.</summary>
    public static KernelPath Default()
    {
        string? forced = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(forced)) return Available[^1];
        string names = string.Join(", ", Available).ToLowerInvariant();
        if (!Enum.TryParse<KernelPath>(forced, ignoreCase: true, out var path) || !Enum.IsDefined(path) || char.IsAsciiDigit(forced[0]))
            throw new ArgumentException($"{Variable}={forced} is no kernel path; this machine has {names}");
        if (!IsAvailable(path))
            throw new ArgumentException($"{Variable}={forced}: this processor or build does not have it; it has {names}");
        return path;
    }

    private static bool IsAvailable(KernelPath path) => path switch
    {
        // Not Vector512.IsHardwareAccelerated: that is false on processors that clock down under 512-bit work, which these kernels still run faster with.
        KernelPath.Vector512 => Avx512F.IsSupported && Avx512DQ.IsSupported,
        KernelPath.Vector256 => Vector256.IsHardwareAccelerated,
        KernelPath.Vector128 => Vector128.IsHardwareAccelerated,
        _ => true,
    };
}
