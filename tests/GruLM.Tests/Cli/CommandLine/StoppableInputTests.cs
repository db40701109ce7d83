// Standard input that nobody writes to is given up when the command is to end, and what is wrong with one is said by everyone who reads it.
using System.IO.Pipes;
using GruLM.Cli;
using GruLM.Cli.Pipes;
using GruLM.Model;

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

    [Theory]
    [InlineData("chat -m {0}", "/", "standard input is a folder; give files by their names, or a text")]
    [InlineData("tokenizer encode --model {0}/tokenizer.model", "/", "standard input is a folder; give files by their names, or a text")]
    [InlineData("train --data - --out-dir {0}/new", "/", "standard input: is a folder; a file was expected")]
    [InlineData("chat -m {0}", "closed", "standard input is closed; give it a text (… < FILE), or nothing (… < /dev/null)")]
    [InlineData("tokenizer encode --model {0}/tokenizer.model", "closed", "standard input is closed; give it a text (… < FILE)")]
    [InlineData("train --data - --out-dir {0}/new", "closed", "standard input is closed; give it a text (… < FILE)")]
    [InlineData("chat -m {0}", "writes", "standard input may not be read, or was opened for writing; give it a text")]
    [InlineData("train --data - --out-dir {0}/new", "writes", "standard input: may not be read; its permissions do not allow it")]
    public void What_is_wrong_with_it_is_said_in_one_line(string line, string input, string expected)
    {
        using var folder = new TinyModel(SampleKind.Stream);
        string message = ErrorOf(string.Format(null, line, folder.Folder).Split(' '), Of(input));
        Assert.StartsWith("grulm: " + expected, message, StringComparison.Ordinal);
        Assert.Equal(1, message.Count(c => c == '\n'));
    }

    private static Stream Of(string input)
    {
        if (input == "closed") return ClosedInput.OrStandardInput("closed", CancellationToken.None);
        return new StoppableInput(new Failing(input == "/" ? new IOException("", 21) : new UnauthorizedAccessException()), default);
    }

    private static string ErrorOf(string[] line, Stream input)
    {
        using var error = new StringWriter { NewLine = "\n" };
        using (var session = new Session(input, new MemoryStream(), error, false, CancellationToken.None))
        {
            Assert.Equal(1, CommandLine.Run(line, Program.Commands(), session));
        }

        return string.Join('\n', error.ToString().Split('\n').Where(said => !said.StartsWith("reading ", StringComparison.Ordinal)));
    }

    // Fails as the system does.
    private sealed class Failing(Exception error) : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw error;

        public override int Read(byte[] buffer, int offset, int count) => throw error;
    }
}
