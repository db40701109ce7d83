// Whether this process may use AMX, asked once: the processor (CPUID), the system (Linux hands out the tile registers to a process
// that asks for them, for all of its threads), memory for machine code, and a small product whose result is known. Every other answer
// is no error: it is a reason, and the caller computes in float32.
// Linux grants the permission only where its own and the processor's state of tiles (XCR0 bits 17 and 18) is on, so XCR0 is not read here.
// Source: Intel SDM volume 1, chapter 18; Linux, Documentation/arch/x86/xstate.rst.

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Versioning;

namespace GruLM.Kernels;

/// <summary>The AMX of this machine. Safe for several threads.</summary>
public static unsafe partial class AmxMachine
{
    /// <summary>The environment variable: <c>off</c> computes in float32 even where there is AMX, <c>emulated</c> computes as AMX does on
    /// any machine, slowly.</summary>
    public const string Variable = "GRULM_BF16";

    private const int Bf16Bit = 22, TileBit = 24;
    private const int ArchPrctl = 158, RequestPermission = 0x1023, TileData = 18;

    private const string Available = "available";

    private static readonly Lazy<(AmxKernel? Kernel, string Reason)> s_state = new(Open);

    // Kept for the life of the process: the kernel's code is in it.
    private static IDisposable? s_code;

    /// <summary>Whether bfloat16 products can be had here: on AMX, or emulated on request. The first call asks the system.</summary>
    public static bool IsAvailable => s_state.Value.Kernel != null;

    /// <summary>Why not, in a few words; "available" or "emulated" when they can.</summary>
    public static string Reason => s_state.Value.Reason;

    /// <summary>Whether they run on the processor's tiles.</summary>
    public static bool IsReal => Reason == Available;

    /// <summary>The product. Throws <see cref="NotSupportedException"/> with the reason when there is no AMX.</summary>
    internal static AmxKernel Kernel => s_state.Value.Kernel ?? throw new NotSupportedException($"no AMX: {Reason}");

    private static (AmxKernel? Kernel, string Reason) Open()
    {
        string? wish = Environment.GetEnvironmentVariable(Variable);
        if (string.Equals(wish, "emulated", StringComparison.OrdinalIgnoreCase)) return (SoftwareTiles.Kernel, "emulated");
        if (string.Equals(wish, "off", StringComparison.OrdinalIgnoreCase)) return (null, $"{Variable}={wish}");
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !X86Base.IsSupported) return (null, "not an x64 process");
        if (!HasInstructions()) return (null, "the processor has no AMX-BF16");
        if (!OperatingSystem.IsLinux()) return (null, "only done on Linux");
        try
        {
            return OpenOnLinux();
        }
        catch (Exception error) when (error is InvalidOperationException or DllNotFoundException or EntryPointNotFoundException)
        {
            return (null, error.Message);
        }
    }

    [SupportedOSPlatform("linux")]
    private static (AmxKernel? Kernel, string Reason) OpenOnLinux()
    {
        if (SystemCall(ArchPrctl, RequestPermission, TileData) != 0)
        {
            return (null, $"the system does not hand out tile registers (error {Marshal.GetLastPInvokeError()})");
        }

        var memory = new ExecutableMemory(AmxAssembler.Assemble());
        var kernel = new AmxKernel((delegate* unmanaged<AmxArguments*, void>)memory.Address);
        if (!IsRight(kernel))
        {
            memory.Dispose();
            return (null, "a product that is known came out wrong");
        }

        s_code = memory;
        return (kernel, Available);
    }

    private static bool HasInstructions()
    {
        const int TileLeaf = 0x1D;
        if (X86Base.CpuId(0, 0).Eax < TileLeaf) return false;
        int features = X86Base.CpuId(7, 0).Edx;
        if ((features >> Bf16Bit & features >> TileBit & 1) == 0) return false;

        // Palette 1 has to be what the code was written for: 8 tiles of 16 rows of 64 bytes.
        (int Eax, int Ebx, int Ecx, int Edx) palette = X86Base.CpuId(TileLeaf, 1);
        return palette.Eax >> 16 == 1024 && palette.Ebx == ((8 << 16) | 64) && (palette.Ecx & 0xFFFF) == 16;
    }

    // Small whole numbers, so that every sum is exact; a shape that takes each kind of tile.
    internal static bool IsRight(AmxKernel kernel)
    {
        const int M = 49, N = 37, K = 64;
        using var a = new AlignedBuffer<ushort>(M * K);
        using var b = new AlignedBuffer<ushort>(K * AmxKernel.PanelWidth);
        using var c = new AlignedBuffer<float>(M * N);
        for (int i = 0; i < M * K; i++) a.Pointer[i] = Bf16.Round((i * 7 % 15) - 7);
        for (int i = 0; i < K * AmxKernel.PanelWidth; i++) b.Pointer[i] = Bf16.Round((i * 5 % 13) - 6);
        kernel.Product(a.Pointer, K, b.Pointer, K / 2, c.Pointer, N, M, N, add: false);
        kernel.Product(a.Pointer + (K / 2), K, b.Pointer + (K / 2 * AmxKernel.PanelWidth), K / 2, c.Pointer, N, M, N, add: true);
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                float sum = 0;
                for (int p = 0; p < K; p++)
                {
                    sum += Bf16.ToSingle(a.Pointer[(i * K) + p]) * Bf16.ToSingle(
                        b.Pointer[(((p / 2 * AmxKernel.PanelWidth) + j) * 2) + (p % 2)]);
                }

                if (c.Pointer[(i * N) + j] != sum) return false;
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second);
}
