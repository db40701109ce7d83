// Ctrl-C and SIGTERM: the first asks the command to stop cleanly, the second ends the process at once. So does time, where a command does
// not come to an end by itself and has nothing to save.
using System.Runtime.InteropServices;

namespace GruLM.Cli;

/// <summary>Turns the signals that end a process into a request to stop.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signals;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
    ];

    /// <summary>When the process is ended after the first signal.</summary>
    public StopDeadline Deadline { get; } = new(End);

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

    private static void End()
    {
        Console.Error.WriteLine("grulm: stopped");
        Environment.Exit(ExitCode.Stopped);
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            Environment.Exit(ExitCode.Stopped);
        }

        Deadline.Begin();
        _stop.Cancel();
    }
}
