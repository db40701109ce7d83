// The committed WebAssembly of a page is what clang and lld make of its source, where they are.

using System.Diagnostics;

namespace GruLM.Tests;

public sealed class PageKernelTests : IDisposable
{
    private static readonly string s_folder = Path.Combine(StyleTests.Root(), "src", "GruLM", "Exchange", "Page", "engine");
    private readonly string _made = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_made);

    [Fact]
    public void The_committed_kernel_is_what_the_compiler_makes()
    {
        bool isThere = PageEngine.Program("clang-14") is not null && PageEngine.Program("wasm-ld-14") is not null;
        Assert.SkipUnless(isThere, "needs clang-14 and wasm-ld-14 (apt-get install clang-14 lld-14), which make kernel.wasm");
        var start = new ProcessStartInfo("bash", [Path.Combine(s_folder, "build.sh"), _made]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
        Assert.Equal(File.ReadAllBytes(Path.Combine(s_folder, "kernel.wasm")), File.ReadAllBytes(_made));
    }
}
