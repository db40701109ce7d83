// Whether and on what this process may multiply in bfloat16, asked once: AMX tiles where there are any, which are several times as fast,
// else vectors of pairs (AVX512-BF16), else nothing. "Nothing" is no error: it is a reason, and the caller computes in float32. What is
// taken first has to give a small product whose result is known.

using System.Runtime.Versioning;

namespace GruLM.Kernels;

/// <summary>The bfloat16 of this machine. Safe for several threads.</summary>
public static unsafe class Bf16Machine
{
    /// <summary>The environment variable: <c>off</c> computes in float32 even where there is bfloat16, <c>emulated</c> computes as AMX does
    /// on any machine, slowly, or as AVX512-BF16 does where <see cref="KernelChoice.Variable"/> names that.</summary>
    public const string Variable = "GRULM_BF16";

    private static readonly Lazy<Found> s_found = new(Find);

    // Kept for the life of the process: the kernel's code is in it.
    private static IDisposable? s_code;

    /// <summary>Whether bfloat16 products can be had here: on this processor, or emulated on request. The first call asks the
    /// system.</summary>
    public static bool IsAvailable => s_found.Value.Kernel != null;

    /// <summary>Whether they run on the processor's own instructions.</summary>
    public static bool IsReal => s_found.Value.IsReal;

    /// <summary>What they run on, in two or three words; why there is nothing, where there is nothing.</summary>
    public static string Description => s_found.Value.Description;

    /// <summary>The product. Throws <see cref="NotSupportedException"/> with the reason when there is none.</summary>
    internal static Bf16Kernel Kernel => s_found.Value.Kernel ?? throw new NotSupportedException($"no bfloat16: {Description}");

    // Small whole numbers, so that every sum is exact; a shape that takes each kind of tile and block.
    internal static bool IsRight(Bf16Kernel kernel)
    {
        const int M = 49, N = 37, K = 64;
        using var a = new AlignedBuffer<ushort>(M * K);
        using var b = new AlignedBuffer<ushort>(K * Bf16Kernel.PanelWidth);
        using var c = new AlignedBuffer<float>(M * N);
        for (int i = 0; i < M * K; i++) a.Pointer[i] = Bf16.Round((i * 7 % 15) - 7);
        for (int i = 0; i < K * Bf16Kernel.PanelWidth; i++) b.Pointer[i] = Bf16.Round((i * 5 % 13) - 6);
        kernel.Product(a.Pointer, K, b.Pointer, K / 2, c.Pointer, N, M, N, add: false);
        kernel.Product(a.Pointer + (K / 2), K, b.Pointer + (K / 2 * Bf16Kernel.PanelWidth), K / 2, c.Pointer, N, M, N, add: true);
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                float sum = 0;
                for (int p = 0; p < K; p++)
                {
                    sum += Bf16.ToSingle(a.Pointer[(i * K) + p]) * Bf16.ToSingle(
                        b.Pointer[(((p / 2 * Bf16Kernel.PanelWidth) + j) * 2) + (p % 2)]);
                }

                if (c.Pointer[(i * N) + j] != sum) return false;
            }
        }

        return true;
    }

    /// <summary>Makes <paramref name="code"/> executable and tries the product that <paramref name="kernel"/> makes of its address; a
    /// reason where that fails. What is right stays for the life of the process.</summary>
    [SupportedOSPlatform("linux")]
    internal static (Bf16Kernel? Kernel, string? Reason) Load(byte[] code, Func<nint, Bf16Kernel> kernel)
    {
        try
        {
            var memory = new ExecutableMemory(code);
            Bf16Kernel product = kernel((nint)memory.Address);
            if (IsRight(product))
            {
                s_code = memory;
                return (product, null);
            }

            memory.Dispose();
            return (null, "a product that is known came out wrong");
        }
        catch (Exception error) when (error is InvalidOperationException or DllNotFoundException or EntryPointNotFoundException)
        {
            return (null, error.Message);
        }
    }

    private static Found Find()
    {
        Bf16Path? forced = KernelChoice.ForcedBf16;
        string? wish = Environment.GetEnvironmentVariable(Variable);
        if (string.Equals(wish, "off", StringComparison.OrdinalIgnoreCase)) return Nothing($"{Variable}={wish}");
        if (string.Equals(wish, "emulated", StringComparison.OrdinalIgnoreCase))
        {
            return forced == Bf16Path.Pairs
                ? new Found(new Bf16Kernel(SoftwarePairs.Kernel), false, "emulated AVX512-BF16")
                : new Found(new Bf16Kernel(SoftwareTiles.Kernel), false, "emulated AMX tiles");
        }

        string? noTiles = null, noPairs = null;
        if (forced != Bf16Path.Pairs)
        {
            (Bf16Kernel? tiles, noTiles) = AmxMachine.Open();
            if (tiles != null) return new Found(tiles, true, "AMX tiles");
        }

        if (forced != Bf16Path.Tiles)
        {
            (Bf16Kernel? pairs, noPairs) = Avx512Bf16Machine.Open();
            if (pairs != null) return new Found(pairs, true, "AVX512-BF16");
        }

        return Nothing(noTiles ?? noPairs ?? forced switch
        {
            Bf16Path.Tiles => "the processor has no AMX-BF16",
            Bf16Path.Pairs => "the processor has no AVX512-BF16",
            _ => "the processor has neither AMX-BF16 nor AVX512-BF16",
        });
    }

    private static Found Nothing(string reason) => new(null, false, reason);

    private sealed record Found(Bf16Kernel? Kernel, bool IsReal, string Description);
}
