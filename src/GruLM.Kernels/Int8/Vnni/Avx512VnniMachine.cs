// Whether this process may use AVX512-VNNI, asked once: the processor (CPUID), the system (whether it saves the registers), memory for
// machine code, and a product whose result is known. Linux only, as ExecutableMemory is.

using System.Runtime.Intrinsics.X86;
using System.Runtime.Versioning;

namespace GruLM.Kernels;

/// <summary>The AVX512-VNNI of this machine. Safe for several threads.</summary>
internal static unsafe class Avx512VnniMachine
{
    private const int Vnni = 1 << 11;

    private static readonly Lazy<Avx512VnniKernel?> s_kernel = new(Open);

    // Kept for the life of the process: the kernel's code is in it.
    private static ExecutableMemory? s_code;

    /// <summary>Whether it can be used.</summary>
    public static bool IsAvailable => s_kernel.Value is not null;

    /// <summary>The product. Throws <see cref="NotSupportedException"/> where it cannot be used.</summary>
    public static Avx512VnniKernel Kernel => s_kernel.Value ?? throw new NotSupportedException("no AVX512-VNNI");

    private static Avx512VnniKernel? Open()
    {
        if (!OperatingSystem.IsLinux() || !VectorRegisters.AreThere() || (X86Base.CpuId(7, 0).Ecx & Vnni) == 0) return null;
        try
        {
            return VectorRegisters.AreSaved() ? OpenOnLinux() : null;
        }
        catch (Exception error) when (error is InvalidOperationException or DllNotFoundException or EntryPointNotFoundException)
        {
            // A system that lets nothing be made executable: other paths are there.
            return null;
        }
    }

    [SupportedOSPlatform("linux")]
    private static Avx512VnniKernel? OpenOnLinux()
    {
        const int Alignment = 64;
        var code = new MemoryStream();
        var places = new Dictionary<(int Blocks, int Vectors), int>();
        for (int blocks = 1; blocks <= Avx512VnniAssembler.MaxBlocks; blocks++)
        {
            for (int vectors = 1; vectors <= Avx512VnniAssembler.MaxVectors; vectors++)
            {
                places[(blocks, vectors)] = (int)code.Length;
                code.Write(Avx512VnniAssembler.Tile(blocks, vectors));
                code.Write(new byte[(Alignment - (int)(code.Length % Alignment)) % Alignment]);
            }
        }

        var memory = new ExecutableMemory(code.ToArray());
        var kernel = new Avx512VnniKernel((blocks, vectors) => (nint)memory.Address + places[(blocks, vectors)]);
        if (!IsRight(kernel))
        {
            memory.Dispose();
            return null;
        }

        s_code = memory;
        return kernel;
    }

    // Every shape of tile, with the largest weights and activations in between.
    private static bool IsRight(Avx512VnniKernel kernel)
    {
        const int Blocks = 7, Vectors = 13, Columns = 24, Rows = Blocks * 16;
        using var weights = new AlignedBuffer<sbyte>(Rows * Columns);
        using var activations = new AlignedBuffer<byte>(Vectors * Columns);
        using var start = new AlignedBuffer<int>(Rows);
        using var sums = new AlignedBuffer<int>(Vectors * Rows);
        for (int i = 0; i < Rows * Columns; i++) weights.Pointer[i] = (sbyte)((i * 37 % 255) - 127);
        for (int i = 0; i < Vectors * Columns; i++) activations.Pointer[i] = (byte)(i * 31 % 256);
        for (int i = 0; i < Rows; i++) start.Pointer[i] = i - 5;
        for (int vectors = 1; vectors <= Vectors; vectors++)
        {
            kernel.Run(new Int8Call
            {
                Weights = weights.Pointer,
                BlockBytes = 16 * Columns,
                Rows = Rows,
                Columns = Columns,
                Start = start.Pointer,
                Activations = activations.Pointer,
                ActivationStride = Columns,
                Vectors = vectors,
                Sums = sums.Pointer,
                SumStride = Rows,
            });
            for (int i = 0; i < vectors * Rows; i++)
            {
                int m = i / Rows, row = i % Rows, sum = start.Pointer[row];
                for (int k = 0; k < Columns; k++)
                {
                    sum += activations.Pointer[(m * Columns) + k]
                        * weights.Pointer[(row / 16 * 16 * Columns) + (k / 4 * 64) + (row % 16 * 4) + (k % 4)];
                }

                if (sums.Pointer[i] != sum) return false;
            }
        }

        return true;
    }
}
