// Which kernel path a program takes: the widest that the processor has, or the one that GRULM_KERNELS names.

using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Finds the kernel paths of this machine. Safe for several threads.</summary>
public static class KernelChoice
{
    /// <summary>The environment variable that forces a path: scalar, vector128, vector256, vector512; or amx and avx512bf16 for products in
    /// bfloat16, avxvnni and avx512vnni for products of bytes, with the widest vectors beside them.</summary>
    public const string Variable = "GRULM_KERNELS";

    /// <summary>Every path that this process can run, plainest first.</summary>
    public static IReadOnlyList<KernelPath> Available { get; } =
        [.. Enum.GetValues<KernelPath>().Where(IsAvailable)];

    /// <summary>The path that <see cref="Variable"/> names, else the widest available.
    /// Throws <see cref="ArgumentException"/> when the variable names no path, or one that this machine lacks.</summary>
    public static KernelPath Default()
    {
        string? forced = Forced;
        if (forced is null || ForcedBf16 is not null || ForcedInt8 is not null) return Available[^1];
        string names = string.Join(", ", Available).ToLowerInvariant();
        if (!Enum.TryParse<KernelPath>(forced, ignoreCase: true, out KernelPath path) || !Enum.IsDefined(path)
            || char.IsAsciiDigit(forced[0]))
        {
            names = string.Join(", ", Available.Select(found => $"{found}").Union(Int8Choice.Available.Select(found => $"{found}")));
            string bf16 = Bf16Machine.IsReal ? $", {(Bf16Machine.IsProved ? "avx512bf16" : "amx")}" : "";
            throw new ArgumentException($"{Variable}={forced} is no kernel path; this machine has {names.ToLowerInvariant()}{bf16}");
        }

        if (!IsAvailable(path))
        {
            throw new ArgumentException($"{Variable}={forced}: this processor or build does not have it; it has {names}");
        }

        return path;
    }

    /// <summary>Whether <paramref name="precision"/> means bfloat16 on this machine: <see cref="Precision.Auto"/> does where it was proved
    /// (<see cref="Bf16Machine.IsProved"/>). Its instructions are paths of their own: forcing one asks for it, forcing another path, also
    /// one for products of bytes, leaves them unused. Throws <see cref="ArgumentException"/> when <see cref="Variable"/> asks for
    /// bfloat16 that is not there, or <see cref="Bf16Machine.Variable"/> for what is not known.</summary>
    public static bool UsesBf16(Precision precision)
    {
        Bf16Machine.CheckWish();
        bool forced = ForcedBf16 is not null;
        if (forced && !Bf16Machine.IsAvailable) throw new ArgumentException($"{Variable}={Forced}: {Bf16Machine.Description}");

        // Asking the machine tries its instructions, which nobody who asks for float32 should depend on.
        return precision != Precision.Fp32 && Bf16Machine.IsAvailable
            && MeansBf16(precision, forced, Forced is not null && Bf16Machine.IsReal, Bf16Machine.IsProved);
    }

    internal static bool MeansBf16(Precision precision, bool forcesBf16, bool forcesAnotherPath, bool isProved) =>
        precision != Precision.Fp32 && (forcesBf16 || ((precision == Precision.Bf16 || isProved) && !forcesAnotherPath));

    /// <summary>What computes, in a few words: threads, kernels, precision, and why it is not bfloat16 where that was asked for.</summary>
    public static string Describe(Compute compute, Precision asked = Precision.Auto)
    {
        string threads = compute.Team.Count == 1 ? "1 thread" : $"{compute.Team.Count} threads";
        string kernels = $"{threads}, {compute.Path.ToString().ToLowerInvariant()} kernels";
        if (compute.Bf16 is not null) return $"{kernels}, bf16 on {Bf16Machine.Description}";
        if (asked != Precision.Bf16) return kernels + ", fp32";
        return $"{kernels}, fp32 (no bf16: {WhyNoBf16})";
    }

    /// <summary>Why bfloat16 that is asked for is not used, where it is not.</summary>
    internal static string WhyNoBf16 => Bf16Machine.IsAvailable ? $"{Variable}={Forced}" : Bf16Machine.Description;

    /// <summary>Whether <see cref="Variable"/> names a path that is not for bfloat16 alone.</summary>
    internal static bool IsForced => Forced is not null && ForcedBf16 is null;

    /// <summary>The path for products of bytes that <see cref="Variable"/> names; null when it names none that is for them alone.</summary>
    internal static Int8Path? ForcedInt8 => Forced?.ToLowerInvariant() switch
    {
        "avxvnni" => Int8Path.AvxVnni,
        "avx512vnni" => Int8Path.Avx512Vnni,
        _ => null,
    };

    /// <summary>The path for products in bfloat16 that <see cref="Variable"/> names; null when it names none that is for them
    /// alone.</summary>
    internal static Bf16Path? ForcedBf16 => Forced?.ToLowerInvariant() switch
    {
        "amx" => Bf16Path.Tiles,
        "avx512bf16" => Bf16Path.Pairs,
        _ => null,
    };

    private static string? Forced => Environment.GetEnvironmentVariable(Variable) is { } value && !string.IsNullOrWhiteSpace(value)
        ? value
        : null;

    private static bool IsAvailable(KernelPath path) => path switch
    {
        // Not Vector512.IsHardwareAccelerated: that is false on processors that clock down under 512-bit work, which these kernels still
        // run faster with.
        KernelPath.Vector512 => Avx512F.IsSupported && Avx512DQ.IsSupported,
        KernelPath.Vector256 => Vector256.IsHardwareAccelerated,
        KernelPath.Vector128 => Vector128.IsHardwareAccelerated,
        _ => true,
    };
}
