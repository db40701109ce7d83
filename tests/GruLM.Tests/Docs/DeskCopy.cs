// A folder in which the commands of one page are run, one after another: in this process where a command is words alone, else by a shell
// that finds a program grulm there.

using System.Diagnostics;
using GruLM.Tests.Cli;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Docs;

internal sealed class DeskCopy : IDisposable
{
    private const string Failures = "failures";
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-page-").FullName;
    private readonly string _before = Directory.GetCurrentDirectory();

    public DeskCopy(string desk)
    {
        CopyFolder(desk, _folder);
        Directory.SetCurrentDirectory(_folder);
        if (OperatingSystem.IsWindows()) return;
        string program = Path.Combine(AppContext.BaseDirectory, "GruLM.Cli.dll");
        string noted = $"{{ c=$?; echo \"exit code $c of $1\" >>{Failures}; exit $c; }}";
        File.WriteAllText("grulm", $"#!/bin/sh\n\"{SampleProgram.Host}\" \"{program}\" \"$@\" || {noted}\n");
        File.SetUnixFileMode("grulm", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>Runs a command; what is wrong with how it went.</summary>
    public IEnumerable<string> Run(DocumentedCommand command)
    {
        if (command.MadeAnew is { } made && Directory.Exists(made)) Directory.Delete(made, recursive: true);
        DocumentedCommand shortened = command with { Text = command.Shortened(3 + (command.Resumed is { } resumed ? Steps(resumed) : 0)) };
        (int code, string error) = command.NeedsShell ? InShell(shortened.Text) : Here(shortened.Words);
        if (code != command.ExitCode) yield return $"exit code {code} instead of {command.ExitCode}: {error.Trim()}";
        foreach (string missing in command.Written.Where(name => !Directory.Exists(name) && !File.Exists(name)))
        {
            yield return $"{missing} is not there";
        }
    }

    public void Dispose()
    {
        Directory.SetCurrentDirectory(_before);
        Directory.Delete(_folder, recursive: true);
    }

    private static (int Code, string Error) Here(string[] words)
    {
        (int code, _, string error) = CommandsTests.Run(words);
        return (code, error);
    }

    // Checkpoints are named after the steps made.
    private static int Steps(string model)
    {
        string training = Path.Combine(model, "training");
        if (!Directory.Exists(training)) return 0;
        return Directory.EnumerateDirectories(training, "step-*")
            .Select(folder => int.Parse(Path.GetFileName(folder)["step-".Length..]))
            .DefaultIfEmpty().Max();
    }

    private (int Code, string Error) InShell(string line)
    {
        File.Delete(Failures);
        var start = new ProcessStartInfo("bash", ["-euc", line])
        {
            WorkingDirectory = _folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_folder}:{start.Environment["PATH"]}";
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Close();
        Task<string> output = shell.StandardOutput.ReadToEndAsync(), error = shell.StandardError.ReadToEndAsync();
        if (!shell.WaitForExit(s_longest))
        {
            shell.Kill(entireProcessTree: true);
            return (-1, $"did not end in {s_longest.TotalSeconds:F0} seconds");
        }

        output.Wait();
        string failures = File.Exists(Failures) ? File.ReadAllText(Failures) : "";
        return (failures.Length > 0 && shell.ExitCode == 0 ? 1 : shell.ExitCode, failures + error.Result);
    }
}
