// Which path multiplies bytes: the fastest of this machine, or the one that GRULM_KERNELS names.

using System.Runtime.Intrinsics.X86;

namespace GruLM.Kernels;

/// <summary>Finds the paths for products of bytes. Safe for several threads.</summary>
public static class Int8Choice
{
    /// <summary>Every path that this process can run, plainest first.</summary>
    public static IReadOnlyList<Int8Path> Available { get; } = [.. Enum.GetValues<Int8Path>().Where(IsAvailable)];

    /// <summary>The path beside <paramref name="floats"/>: the fastest where that is this machine's widest and
    /// <see cref="KernelChoice.Variable"/> names none, else the one that it names, or the one with vectors as wide.
    /// Throws <see cref="ArgumentException"/> when the variable names one that this machine lacks.</summary>
    public static Int8Path Beside(KernelPath floats)
    {
        if (KernelChoice.ForcedInt8 is { } forced)
        {
            if (Available.Contains(forced)) return forced;
            throw new ArgumentException(
                $"{KernelChoice.Variable}={forced.ToString().ToLowerInvariant()}: this processor or system does not have it");
        }

        return floats == KernelChoice.Available[^1] && !KernelChoice.IsForced ? Available[^1] : AsWideAs(floats);
    }

    // Narrower where the bytes' path lacks what the floats' has.
    private static Int8Path AsWideAs(KernelPath floats) =>
        Available.Where(path => path <= Int8Path.Vector512 && (int)path <= (int)floats).Max();

    private static bool IsAvailable(Int8Path path) => path switch
    {
        Int8Path.Avx512Vnni => Avx512VnniMachine.IsAvailable,
        Int8Path.AvxVnni => AvxVnni.IsSupported,
        Int8Path.Vector512 => Avx512BW.IsSupported,
        Int8Path.Vector256 => Avx2.IsSupported,
        Int8Path.Vector128 => Int8Simd128.IsSupported,
        _ => true,
    };
}
