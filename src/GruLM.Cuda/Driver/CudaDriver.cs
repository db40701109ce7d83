// The way to the driver: where its library is looked for, and how its error codes become sentences. The functions themselves are in
// CudaDriver.Imports.cs. Nothing is loaded before TryLoad is called, so that a machine without a card pays nothing and misses nothing.
// Of NVIDIA's nothing else is needed: neither the toolkit nor its runtime.

using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace GruLM.Cuda;

/// <summary>The CUDA driver API. <see cref="TryLoad"/> must have returned true before any other member is used; it is safe for several
/// threads.</summary>
internal static unsafe partial class CudaDriver
{
    /// <summary>Environment variable with another path to the driver's library.</summary>
    public const string PathVariable = "GRULM_CUDA_DRIVER";

    /// <summary>The driver's code for no memory left on the card.</summary>
    public const int OutOfMemory = 2;

    /// <summary>The driver's code for no card.</summary>
    public const int NoDevice = 100;

    private static readonly Lock s_gate = new();
    private static nint s_library;

    /// <summary>Loads the driver's library, once in a process; <paramref name="reason"/> says in one sentence why that failed.</summary>
    public static bool TryLoad(out string reason)
    {
        lock (s_gate)
        {
            reason = "";
            if (s_library != 0) return true;
            string? given = Environment.GetEnvironmentVariable(PathVariable);
            string path = !string.IsNullOrEmpty(given) ? given : OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
            if (!NativeLibrary.TryLoad(path, out nint library))
            {
                reason = path == given
                    ? $"{path}, which the environment variable {PathVariable} names, cannot be loaded: correct or remove the variable"
                    : $"no NVIDIA driver was found ({path}): install one of version 525 or newer, or compute on the processor";
                return false;
            }

            if (!NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out _))
            {
                NativeLibrary.Free(library);
                reason = $"{path} is no NVIDIA driver: install one of version 525 or newer, or compute on the processor";
                return false;
            }

            NativeLibrary.SetDllImportResolver(typeof(CudaDriver).Assembly, Resolve);
            s_library = library;
            return true;
        }
    }

    /// <summary>Throws <see cref="CudaException"/> unless the driver's answer is success. <paramref name="doing"/> says what was asked
    /// of it: "copy to the card".</summary>
    public static void Check(int result, string doing)
    {
        if (result != 0) throw Failure(result, doing);
    }

    /// <summary>The exception for a call that failed.</summary>
    public static CudaException Failure(int result, string doing) => new(Describe(result, doing));

    /// <summary>One sentence about a call that failed.</summary>
    public static string Describe(int result, string doing)
    {
        if (result == OutOfMemory)
        {
            return $"the card has no memory left to {doing} ({Free()}): lower 'BatchSize', 'Bptt', 'HiddenDim' or 'EmbeddingDim', "
                + "or end other programs on the card";
        }

        byte* name = null;
        byte* text = null;
        _ = ErrorName(result, &name);
        _ = ErrorString(result, &text);
        string known = Marshal.PtrToStringUTF8((nint)name) ?? "an error without a name";
        string explained = Marshal.PtrToStringUTF8((nint)text) ?? "the driver does not say what it is";
        return $"the NVIDIA driver could not {doing}: {known}, code {result} ({explained})";
    }

    /// <summary>A number of bytes for people.</summary>
    public static string Size(long bytes) => bytes < 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB");

    /// <summary>A module of this assembly, PTX with the zero at the end that the driver wants.</summary>
    public static byte[] ReadModule(string module)
    {
        string resource = module + ".ptx";
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"GruLM.Cuda was built without {resource}");
        byte[] text = new byte[stream.Length + 1];
        stream.ReadExactly(text, 0, (int)stream.Length);
        return text;
    }

    /// <summary>Text that the driver wrote, up to the zero at its end, on one line.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]).ReplaceLineEndings(" ").Trim();
    }

    private static string Free()
    {
        return MemoryInfo(out nuint free, out nuint total) == 0
            ? $"{Size((long)free)} of {Size((long)total)} are free"
            : "how much is free is not known";
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) => name == Library ? s_library : 0;
}
