// Standard input that nobody writes to is given up when the command is to end.
using System.IO.Pipes;
using GruLM.Cli.Pipes;

namespace GruLM.Tests.Cli;

public sealed class StoppableInputTests
{
    [Fact]
    public void A_read_that_waits_ends_with_the_command_and_another_gives_what_is_there()
    {
        using var writer = new AnonymousPipeServerStream(PipeDirection.Out);
        using var reader = new AnonymousPipeClientStream(PipeDirection.In, writer.ClientSafePipeHandle);
        using var stop = new CancellationTokenSource();
        using var input = new StoppableInput(reader, stop.Token);
        writer.Write("abc"u8);
        byte[] buffer = new byte[10];
        Assert.Equal(3, input.Read(buffer, 2, 8));
        Assert.Equal("abc"u8.ToArray(), buffer[2..5]);
        stop.CancelAfter(50);
        Assert.ThrowsAny<OperationCanceledException>(() => input.Read(buffer, 0, 10));
        Assert.ThrowsAny<OperationCanceledException>(() => input.Read(buffer, 0, 10));
        writer.Write("d"u8);
    }
}
