// The keys of this process's console, Ctrl-C among them, read by a thread of its own. All that is to be known of Console stands here.

using System.Runtime.InteropServices;

namespace GruLM.Cli;

/// <summary>Hands each key on as it is pressed, until it is disposed.</summary>
internal sealed partial class ConsoleKeys : IDisposable
{
    private const int OwnGroup = 0;
    private const int LinuxSuspend = 20;
    private const int OtherSuspend = 18;

    private ConsoleKeys()
    {
    }

    /// <summary>Columns of the console.</summary>
    public static int Columns => Console.WindowWidth;

    /// <summary>Begins to read. <paramref name="ended"/>: there are no more keys.</summary>
    public static ConsoleKeys Start(Action<ConsoleKeyInfo> pressed, Action ended)
    {
        Console.TreatControlCAsInput = true;
        new Thread(() => Read(pressed, ended)) { IsBackground = true, Name = "keys" }.Start();
        return new ConsoleKeys();
    }

    /// <summary>Ctrl-C is a signal again.</summary>
    public void Dispose() => Console.TreatControlCAsInput = false;

    private static void Read(Action<ConsoleKeyInfo> pressed, Action ended)
    {
        try
        {
            while (true)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                if (key is { Key: ConsoleKey.Z, Modifiers: ConsoleModifiers.Control }) Suspend();
                else pressed(key);
            }
        }
        catch (Exception error) when (error is InvalidOperationException or IOException)
        {
            // The terminal has gone.
            ended();
        }
    }

    // What the terminal does when its keys are signals.
    private static void Suspend()
    {
        if (!OperatingSystem.IsWindows()) _ = Kill(OwnGroup, OperatingSystem.IsLinux() ? LinuxSuspend : OtherSuspend);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
