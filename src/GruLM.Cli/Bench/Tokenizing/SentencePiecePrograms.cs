// SentencePiece's own programs, where they are installed (spm_train, spm_encode, spm_decode on the PATH).

using System.ComponentModel;
using System.Diagnostics;

namespace GruLM.Cli.Bench;

/// <summary>Runs SentencePiece's programs.</summary>
internal static class SentencePiecePrograms
{
    /// <summary>Whether they are installed.</summary>
    public static bool AreThere { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, "spm_encode")));

    /// <summary>Runs a program to its end and returns the processor time that it took.</summary>
    /// <exception cref="InvalidDataException">It failed.</exception>
    public static TimeSpan Run(string program, string arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardError = false, UseShellExecute = false })!;

        // The time can be read only before the end.
        TimeSpan used = default;
        while (!process.WaitForExit(10))
        {
            try
            {
                used = process.TotalProcessorTime;
            }
            catch (Exception e) when (e is InvalidOperationException or Win32Exception)
            {
                // It ended just now; what was read last counts.
            }
        }

        if (process.ExitCode != 0) throw new InvalidDataException($"{program} ended with exit code {process.ExitCode}");
        return used;
    }
}
