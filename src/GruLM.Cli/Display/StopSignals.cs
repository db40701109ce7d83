// Ctrl-C and SIGTERM: the first asks the command to stop cleanly, the second ends the process at once. So does time, where a command does
// not come to an end by itself and has nothing to save. A terminal that goes away asks too, and may do so twice, by itself and by its
// shell; a program that was started to outlive it, with nohup, goes on.
using System.Globalization;
using System.Runtime.InteropServices;
using GruLM.Distributed;

namespace GruLM.Cli;

/// <summary>Turns the signals that end a process into a request to stop.</summary>
internal sealed class StopSignals : IDisposable
{
    // SIGUSR1, which launchers hand on to their processes; Ctrl-C they turn into the end of them after a second.
    private static readonly PosixSignal s_user1 = (PosixSignal)(OperatingSystem.IsLinux() ? 10 : 30);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    public StopSignals()
    {
        Deadline = new StopDeadline(End);
        bool outlives = OutlivesTerminal();
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            .. outlives ? (PosixSignalRegistration[])[] : [PosixSignalRegistration.Create(PosixSignal.SIGHUP, HangUp)],
            .. Launcher.Rank is null || OperatingSystem.IsWindows()
                ? (PosixSignalRegistration[])[]
                : [PosixSignalRegistration.Create(s_user1, HangUp)],
        ];
    }

    /// <summary>When the process is ended after the first signal.</summary>
    public StopDeadline Deadline { get; }

    /// <summary>Whether another process says that the command was stopped.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        Deadline.Dispose();
        _stop.Dispose();
    }

    private void End()
    {
        try
        {
            if (!IsQuiet) Console.Error.WriteLine("grulm: stopped");
        }
        catch (IOException)
        {
            // The terminal has gone.
        }

        Environment.Exit(ExitCode.Stopped);
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            Environment.Exit(ExitCode.Stopped);
        }

        Stop();
    }

    private void HangUp(PosixSignalContext context)
    {
        context.Cancel = true;
        Stop();
    }

    private void Stop()
    {
        Deadline.Begin();
        _stop.Cancel();
    }

    // Whether SIGHUP, number 1, was ignored when the program began. Where that cannot be seen: nohup leaves no output on a terminal.
    private static bool OutlivesTerminal()
    {
        const string status = "/proc/self/status", ignored = "SigIgn:";
        if (!OperatingSystem.IsLinux()) return Console.IsOutputRedirected;
        try
        {
            string? line = File.ReadLines(status).FirstOrDefault(line => line.StartsWith(ignored, StringComparison.Ordinal));
            return ulong.TryParse(
                line?[ignored.Length..].Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong signals)
                && (signals & 1) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Console.IsOutputRedirected;
        }
    }
}
