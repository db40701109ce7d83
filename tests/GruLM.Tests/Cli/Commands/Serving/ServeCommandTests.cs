// serve, as far as it does not come to serving: what is said of flags, folders, keys and ports that cannot be.

using System.Net;
using System.Net.Sockets;
using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class ServeCommandTests : IDisposable
{
    private readonly TinyModel _model = new(SampleKind.Lines);

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("", 2, "--model is required for 'grulm serve'; see 'grulm serve --help'")]
    [InlineData("--model {missing}", 1, "{missing}: no such model folder")]
    [InlineData("--model x=", 2, "--model 'x=': a folder was expected, or NAME=DIR")]
    [InlineData("--model a={model} a={model}", 2, "two models are named 'a'; give one another name")]
    [InlineData("--model {model} --prot 1", 2, "unknown option --prot for 'grulm serve'; did you mean --port?")]
    [InlineData("--model {model} --allow-origin example.org", 2,
        "--allow-origin holds 'example.org', which is no origin; one is written as https://example.org")]
    [InlineData("--model {model} --host 0.0.0.0", 2,
        "--host 0.0.0.0 lets others ask too, which needs keys: name a file of them with --api-key-file, or set GRULM_API_KEY")]
    [InlineData("--model {model} --port {taken}", 1,
        "cannot listen at 127.0.0.1:{taken}: another program is there; choose another port, or 0 for a free one")]
    public void What_cannot_be_is_said_in_a_line(string line, int code, string message)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string missing = Path.Combine(_model.Folder, "missing");
        string[] words = ["serve", .. Put(line).Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        (int Code, string Output, string Error) told = CommandsTests.Run([], words);
        Assert.Equal((code, "", $"grulm: {Put(message)}\n"), (told.Code, told.Output, told.Error.ReplaceLineEndings("\n")));

        string Put(string text) => text.Replace("{model}", _model.Folder, StringComparison.Ordinal)
            .Replace("{missing}", missing, StringComparison.Ordinal)
            .Replace("{taken}", $"{((IPEndPoint)other.LocalEndpoint).Port}", StringComparison.Ordinal);
    }
}
