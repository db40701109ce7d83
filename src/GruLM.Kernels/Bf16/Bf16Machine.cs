// Whether and on what this process may multiply in bfloat16, asked once: vectors of pairs (AVX512-BF16), which were proved on Zen 4; AMX
// tiles, which no processor has run yet, where they are asked for or alone; else nothing. "Nothing" is no error: it is a reason, and the
// caller computes in float32. What is taken first has to give a small product whose result is known.

using System.Runtime.Versioning;

namespace GruLM.Kernels;

/// <summary>The bfloat16 of this machine. Safe for several threads.</summary>
public static unsafe class Bf16Machine
{
    /// <summary>The environment variable: <c>off</c> computes in float32 even where there is bfloat16, <c>emulated</c> computes as AMX does
    /// on any machine, slowly, or as AVX512-BF16 does where <see cref="KernelChoice.Variable"/> names that.</summary>
    public const string Variable = "GRULM_BF16";

    private static readonly Lazy<Found> s_found = new(Find);

    // Kept for the life of the process: the kernels' code is in it.
    private static readonly List<IDisposable> s_code = [];

    private const string Off = "off", Emulated = "emulated";

    // Blocks of up to 8 rows on vectors; one or two rows of tiles; one, two or three vectors or tiles of columns, whole and in part.
    private static readonly int[] s_columnsTried = [1, 15, 16, 17, 31, 32, 33, 47, Bf16Kernel.PanelWidth];
    private const int MostRowsTried = 41;

    /// <summary>Whether bfloat16 products can be had here: on this processor, or emulated on request. The first call asks the
    /// system.</summary>
    public static bool IsAvailable => s_found.Value.Kernel != null;

    /// <summary>Whether they run on the processor's own instructions.</summary>
    public static bool IsReal => s_found.Value.IsReal;

    /// <summary>Whether they run on instructions whose products and training were proved on a processor that has them.</summary>
    public static bool IsProved => IsReal && s_found.Value.Path == Bf16Path.Pairs;

    /// <summary>What they run on, in a few words; why there is nothing, where there is nothing.</summary>
    public static string Description => s_found.Value.Description;

    /// <summary>The product. Throws <see cref="NotSupportedException"/> with the reason when there is none.</summary>
    internal static Bf16Kernel Kernel => s_found.Value.Kernel ?? throw new NotSupportedException($"no bfloat16: {Description}");

    /// <summary>Throws <see cref="ArgumentException"/> where <see cref="Variable"/> says something else than it can.</summary>
    internal static void CheckWish()
    {
        string? wish = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrWhiteSpace(wish) || Wishes(Off) || Wishes(Emulated)) return;
        throw new ArgumentException($"{Variable}={wish}: not known; it can be '{Off}' or '{Emulated}'");
    }

    /// <summary>Whether <paramref name="kernel"/> gives what is known, in whole numbers so small that every sum is exact: for every number
    /// of rows, and every kind of columns, that has code of its own.</summary>
    internal static bool IsRight(Bf16Kernel kernel)
    {
        for (int rows = 1; rows <= MostRowsTried; rows++)
        {
            foreach (int columns in s_columnsTried)
            {
                bool isShape = rows <= 8 || columns == Bf16Kernel.PanelWidth || rows == MostRowsTried;
                if (isShape && !IsRight(kernel, rows, columns)) return false;
            }
        }

        return true;
    }

    private static bool IsRight(Bf16Kernel kernel, int rows, int columns)
    {
        // Two parts, of which the second ends within a step.
        const int K = 41, First = 32, Depth = 64, Width = Bf16Kernel.PanelWidth;
        int stride = columns + 1;
        using var a = new AlignedBuffer<ushort>(rows * Depth);
        using var b = new AlignedBuffer<ushort>(Depth * Width);
        using var c = new AlignedBuffer<float>(rows * stride);
        for (int i = 0; i < rows * Depth; i++) a.Pointer[i] = i % Depth < K ? Bf16.Round((i * 7 % 15) - 7) : (ushort)0;
        for (int i = 0; i < Depth * Width; i++) b.Pointer[i] = PlaceOf(i) < K ? Bf16.Round((i * 5 % 13) - 6) : (ushort)0;
        c.Span.Fill(-1);
        kernel.Product(a.Pointer, Depth, b.Pointer, First, c.Pointer, stride, rows, columns, add: false);
        kernel.Product(a.Pointer + First, Depth, b.Pointer + (First * Width), K - First, c.Pointer, stride, rows, columns, add: true);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                float sum = 0;
                for (int p = 0; p < K; p++)
                {
                    sum += Bf16.ToSingle(a.Pointer[(i * Depth) + p]) * Bf16.ToSingle(b.Pointer[(((p / 2 * Width) + j) * 2) + (p % 2)]);
                }

                if (c.Pointer[(i * stride) + j] != sum) return false;
            }

            if (c.Pointer[(i * stride) + columns] != -1) return false;
        }

        return true;

        static int PlaceOf(int i) => (i / (2 * Width) * 2) + (i % 2);
    }

    /// <summary>Makes <paramref name="code"/> executable and tries the product that <paramref name="kernel"/> makes of its address; a
    /// reason where that fails. What is right stays for the life of the process.</summary>
    [SupportedOSPlatform("linux")]
    internal static (Bf16Kernel? Kernel, string? Reason) Load(byte[] code, Func<nint, Bf16Kernel> kernel)
    {
        var memory = new ExecutableMemory(code);
        Bf16Kernel product = kernel((nint)memory.Address);
        if (!IsRight(product))
        {
            memory.Dispose();
            return (null, "a product that is known came out wrong");
        }

        lock (s_code) s_code.Add(memory);
        return (product, null);
    }

    /// <summary>The product on AMX tiles, or why there is none: null where the processor has no AMX.</summary>
    internal static (Bf16Kernel? Kernel, string? Reason) OpenTiles() => Opened(AmxMachine.Open);

    /// <summary>The product on vectors of pairs, or why there is none: null where the processor has no AVX512-BF16.</summary>
    internal static (Bf16Kernel? Kernel, string? Reason) OpenPairs() => Opened(Avx512Bf16Machine.Open);

    // A system that lets nothing be made executable, or lacks what is asked of it, has no bfloat16.
    private static (Bf16Kernel? Kernel, string? Reason) Opened(Func<(Bf16Kernel? Kernel, string? Reason)> open)
    {
        try
        {
            return open();
        }
        catch (Exception error) when (error is InvalidOperationException or DllNotFoundException or EntryPointNotFoundException)
        {
            return (null, error.Message);
        }
    }

    private static Found Find()
    {
        Bf16Path? forced = KernelChoice.ForcedBf16;
        if (Wishes(Off)) return Nothing($"{Variable}={Off}");
        if (Wishes(Emulated))
        {
            return forced == Bf16Path.Pairs
                ? new Found(new Bf16Kernel(SoftwarePairs.Kernel), forced, false, "emulated AVX512-BF16")
                : new Found(new Bf16Kernel(SoftwareTiles.Kernel), Bf16Path.Tiles, false, "emulated AMX tiles");
        }

        string? noTiles = null, noPairs = null;
        if (forced != Bf16Path.Tiles)
        {
            (Bf16Kernel? pairs, noPairs) = OpenPairs();
            if (pairs != null) return new Found(pairs, Bf16Path.Pairs, true, "AVX512-BF16");
        }

        if (forced != Bf16Path.Pairs)
        {
            (Bf16Kernel? tiles, noTiles) = OpenTiles();
            if (tiles != null) return new Found(tiles, Bf16Path.Tiles, true, "AMX tiles");
        }

        return Nothing(noPairs ?? noTiles ?? forced switch
        {
            Bf16Path.Tiles => "the processor has no AMX-BF16",
            Bf16Path.Pairs => "the processor has no AVX512-BF16",
            _ => "the processor has neither AMX-BF16 nor AVX512-BF16",
        });
    }

    private static bool Wishes(string what) =>
        string.Equals(Environment.GetEnvironmentVariable(Variable), what, StringComparison.OrdinalIgnoreCase);

    private static Found Nothing(string reason) => new(null, null, false, reason);

    private sealed record Found(Bf16Kernel? Kernel, Bf16Path? Path, bool IsReal, string Description);
}
