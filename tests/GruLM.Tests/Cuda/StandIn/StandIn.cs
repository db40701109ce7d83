// The stand-in for the NVIDIA driver and a card (driver.cpp, executor.cpp, host.h): compiled once, together with the kernels, by the C++
// compiler that is there, and kept beside the tests for as long as its sources stay as they are. Tests that use it skip where there is no
// such compiler. The stand-in has one state for the process, so these tests belong to one collection and begin with Reset.
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;

namespace GruLM.Tests.Cuda;

internal static unsafe class StandIn
{
    /// <summary>The name of the collection that every test class with the stand-in belongs to, so that they run one after the other.
    /// </summary>
    public const string Collection = "The stand-in for a card";

    // On a real card the tests may run without the sources.
    private static readonly string s_root = TestCard.IsReal ? "" : StyleTests.Root();
    private static readonly string s_folder = Path.Combine(s_root, "tests", "GruLM.Tests", "Cuda", "StandIn");
    private static readonly string s_kernels = Path.Combine(s_root, "src", "GruLM.Cuda", "Kernels");
    private static readonly string? s_compiler = FindCompiler();
    private static readonly Lazy<string> s_path = new(Build);
    private static readonly Lazy<nint> s_library = new(() => NativeLibrary.Load(s_path.Value));

    /// <summary>Why there is no stand-in on this machine; null where there is one.</summary>
    public static string? Obstacle =>
        TestCard.IsReal ? "needs the stand-in for a card, and GRULM_TESTS_CARD asks for a real one"
        : s_compiler is null ? "needs a C++ compiler (g++ or clang++)"
        : null;

    /// <summary>The library's path; the first call compiles it.</summary>
    public static string LibraryPath => s_path.Value;

    /// <summary>Checked calls so far.</summary>
    public static long Calls => ((delegate* unmanaged<nint>)Export("standin_calls"))();

    /// <summary>What the last check that failed said.</summary>
    public static string LastError
    {
        get
        {
            byte* text = stackalloc byte[1000];
            _ = ((delegate* unmanaged<byte*, int, int>)Export("standin_last_error"))(text, 1000);
            return Marshal.PtrToStringUTF8((nint)text)!;
        }
    }

    /// <summary>What was allocated, loaded, made or retained and not given back, in words; empty where nothing leaks.</summary>
    public static string Live
    {
        get
        {
            byte* text = stackalloc byte[1000];
            _ = ((delegate* unmanaged<byte*, int, int>)Export("standin_live"))(text, 1000);
            return Marshal.PtrToStringUTF8((nint)text)!;
        }
    }

    /// <summary>Skips the test that calls it where there is no stand-in; elsewhere the driver is as in a fresh process. Threads take turns
    /// in order, or by a seed.</summary>
    public static void Start(ulong seed = 0)
    {
        Assert.SkipWhen(Obstacle is not null, Obstacle ?? "");
        ((delegate* unmanaged<void>)Export("standin_reset"))();
        SetSeed(seed);
    }

    /// <summary>The n-th checked call from now on fails with an error of the driver's; 0 takes that back.</summary>
    public static void FailCall(long n, int error) =>
        ((delegate* unmanaged<nint, int, void>)Export("standin_fail_call"))((nint)n, error);

    /// <summary>Another card: its compute capability, the driver's version (12040 for 12.4), how many there are.</summary>
    public static void SetDevice(int major, int minor, int driverVersion, int count) =>
        ((delegate* unmanaged<int, int, int, int, void>)Export("standin_set_device"))(major, minor, driverVersion, count);

    /// <summary>The card's multiprocessors; 0: as many as usual.</summary>
    public static void SetMultiprocessors(int count) =>
        ((delegate* unmanaged<int, void>)Export("standin_set_multiprocessors"))(count);

    /// <summary>Whether launches are checked and their kernels not run: for what is asked of the card alone.</summary>
    public static void SetIdle(bool idle) => ((delegate* unmanaged<int, void>)Export("standin_set_idle"))(idle ? 1 : 0);

    /// <summary>The card's memory in bytes.</summary>
    public static void SetMemory(long bytes) => ((delegate* unmanaged<long, void>)Export("standin_set_memory"))(bytes);

    /// <summary>Another order of threads, of copies and of queued work; 0 is the plain one.</summary>
    public static void SetSeed(ulong seed) => ((delegate* unmanaged<ulong, void>)Export("standin_set_seed"))(seed);

    /// <summary>Bytes of the struct that a kernel takes; -1 where no kernel has the name.</summary>
    public static long ArgumentBytes(string kernel) => AskKernel<nint>("standin_argument_bytes", kernel);

    /// <summary>Threads that a kernel was declared with; -1 where no kernel has the name.</summary>
    public static int Threads(string kernel) => AskKernel<int>("standin_threads", kernel);

    /// <summary>The address of one of the library's functions.</summary>
    public static void* Export(string name) => (void*)NativeLibrary.GetExport(s_library.Value, name);

    /// <summary>Runs build.sh with a compiler; its exit code, and what it said.</summary>
    internal static (int ExitCode, string Said) RunBuild(string compiler, string library)
    {
        var start = new ProcessStartInfo("sh", [Path.Combine(s_folder, "build.sh"), library]);
        start.Environment["CXX"] = compiler;
        return Run(start);
    }

    private static T AskKernel<T>(string function, string kernel)
        where T : unmanaged
    {
        nint name = Marshal.StringToCoTaskMemUTF8(kernel);
        T answer = ((delegate* unmanaged<nint, T>)Export(function))(name);
        Marshal.FreeCoTaskMem(name);
        return answer;
    }

    private static string? FindCompiler()
    {
        if (!OperatingSystem.IsLinux()) return null;
        string? chosen = Environment.GetEnvironmentVariable("CXX");
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return new[] { chosen, "g++", "clang++" }.FirstOrDefault(name => !string.IsNullOrEmpty(name) && IsThere(name));

        bool IsThere(string name) => folders.Prepend("").Any(folder => File.Exists(Path.Combine(folder, name)));
    }

    private static string Build()
    {
        string all = Path.Combine(AppContext.BaseDirectory, "stand-in");
        string folder = Path.Combine(all, Key());
        string library = Path.Combine(folder, "libcuda.so.1");
        if (File.Exists(library)) return library;
        if (Directory.Exists(all)) Directory.Delete(all, recursive: true);
        Directory.CreateDirectory(folder);
        string made = $"{library}.{Environment.ProcessId}";
        (int exitCode, string said) = RunBuild(s_compiler!, made);
        if (exitCode != 0) throw new InvalidOperationException($"the stand-in for a card was not compiled:\n{said}");
        File.Move(made, library, overwrite: true);
        return library;
    }

    // What the library is made of and by.
    private static string Key()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] folders = Directory.Exists(s_kernels) ? [s_folder, s_kernels] : [s_folder];
        IEnumerable<string> files = folders
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            .Where(file => Path.GetExtension(file) is ".h" or ".cpp" or ".cu" or ".sh");
        foreach (string file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            hash.AppendData(File.ReadAllBytes(file));
        }

        hash.AppendData(Encoding.UTF8.GetBytes(Run(new ProcessStartInfo(s_compiler!, ["--version"])).Said));
        hash.AppendData(Encoding.UTF8.GetBytes($"{Environment.GetEnvironmentVariable("CXXFLAGS")} {Fma.IsSupported && Avx2.IsSupported}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static (int ExitCode, string Said) Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return (process.ExitCode, said);
    }
}
