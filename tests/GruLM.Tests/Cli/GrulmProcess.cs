// The command as a process of its own, for tests that end it from outside.

using System.Diagnostics;
using GruLM.Tests.Samples;

namespace GruLM.Tests.Cli;

/// <summary>A running command; killed when it is disposed.</summary>
internal sealed class GrulmProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _messages = [];

    public GrulmProcess(params string[] words)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "GruLM.Cli.dll");
        _process = Process.Start(new ProcessStartInfo(SampleProgram.Host, [program, .. words]) { RedirectStandardError = true })!;
    }

    /// <summary>The address in the first message that has one.</summary>
    public async Task<Uri> Address(CancellationToken cancel)
    {
        while (await _process.StandardError.ReadLineAsync(cancel) is { } line)
        {
            _messages.Add(line);
            int at = line.IndexOf("http://", StringComparison.Ordinal);
            if (at >= 0) return new Uri(line[at..].Split(';')[0]);
        }

        throw new InvalidOperationException($"no address was told: {string.Join('\n', _messages)}");
    }

    /// <summary>Asks it to stop, as Ctrl-C does, and gives the exit code, how long it took, and the rest of what it said.</summary>
    public async Task<(int Code, TimeSpan Took, string Said)> Stop(CancellationToken cancel)
    {
        Task<string> rest = _process.StandardError.ReadToEndAsync(cancel);
        var clock = Stopwatch.StartNew();
        using (var kill = Process.Start("sh", ["-c", $"kill -TERM {_process.Id}"])) await kill.WaitForExitAsync(cancel);
        await _process.WaitForExitAsync(cancel);
        return (_process.ExitCode, clock.Elapsed, await rest);
    }

    /// <summary>Ends it at once, without asking.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }
}
