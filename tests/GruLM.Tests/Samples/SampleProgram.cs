// A program of samples/, as the build left it, started as a process of its own.

using System.Diagnostics;

namespace GruLM.Tests.Samples;

internal static class SampleProgram
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The program that runs assemblies.</summary>
    public static string Host { get; } =
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    /// <summary>Starts it; its standard output is to be read.</summary>
    public static Process Start(string name, params string[] arguments)
    {
        // bin/Debug/net10.0 of the tests has one of the same name in the sample.
        string[] bin = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory).Split(Path.DirectorySeparatorChar)[^3..];
        string program = Path.Combine([Root, "samples", name, .. bin, name + ".dll"]);
        var start = new ProcessStartInfo(Host, [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new System.Text.UTF8Encoding(false),
            StandardOutputEncoding = System.Text.Encoding.UTF8,
        };
        return Process.Start(start)!;
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "GruLM.slnx"))) return folder;
        }

        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds GruLM.slnx");
    }
}
