// Standard input that was closed before the program began (<&-). The descriptor's number is then taken by something of the runtime's own,
// and who reads from it waits for ever; so it is told apart, and whoever wants to read gets a line that says what is wrong. The launcher
// puts another input in its place, and says so.

using System.Runtime.InteropServices;

namespace GruLM.Cli.Pipes;

/// <summary>An input that there is not.</summary>
internal sealed partial class ClosedInput : MemoryStream
{
    private const string Variable = "GRULM_INPUT";
    private const string Closed = "closed";
    private const int StandardInput = 0;
    private const int GetDescriptorFlags = 1;
    private const int ClosedOnExecution = 1;

    private ClosedInput()
        : base([], writable: false)
    {
    }

    /// <summary>The process's standard input, whose reading ends when it is to stop.</summary>
    public static Stream OrStandardInput(CancellationToken stop) => OrStandardInput(Environment.GetEnvironmentVariable(Variable), stop);

    /// <summary>The same where the launcher said this.</summary>
    internal static Stream OrStandardInput(string? said, CancellationToken stop) =>
        said == Closed || IsClosed() ? new ClosedInput() : new StoppableInput(Console.OpenStandardInput(), stop);

    public override int Read(Span<byte> buffer) => throw Error();

    public override int Read(byte[] buffer, int offset, int count) => throw Error();

    public override int ReadByte() => throw Error();

    public override void CopyTo(Stream destination, int bufferSize) => throw Error();

    private static IOException Error() => new("standard input is closed; give it a text (… < FILE), or nothing (… < /dev/null)");

    // What a program inherits is not closed when a program is executed, and what the runtime opens is.
    private static bool IsClosed()
    {
        if (OperatingSystem.IsWindows()) return false;
        int flags = Control(StandardInput, GetDescriptorFlags);
        return flags < 0 || (flags & ClosedOnExecution) != 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);
}
