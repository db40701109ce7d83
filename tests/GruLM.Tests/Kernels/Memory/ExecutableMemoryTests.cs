// Machine code in memory: it runs, and is never writable while it can run.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using GruLM.Kernels;

namespace GruLM.Tests.Kernels;

[SupportedOSPlatform("linux")]
public unsafe class ExecutableMemoryTests
{
    [Fact]
    public void Code_runs_and_is_not_writable()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return;

        // lea eax, [rdi + rdi * 2]; ret
        var memory = new ExecutableMemory([0x8D, 0x04, 0x7F, 0xC3]);
        Assert.Equal(126, ((delegate* unmanaged<int, int>)memory.Address)(42));
        Assert.Equal("r-xp", Protection((ulong)memory.Address));
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)memory.Address);
    }

    // A line of /proc/self/maps: first-last protection …
    private static string Protection(ulong address) => File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')).First(parts =>
    {
        ulong[] range = [.. parts[0].Split('-').Select(x => ulong.Parse(x, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        return range[0] <= address && address < range[1];
    })[1];
}
