// The flags of serve that set up the server.

using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using GruLM.Server;

namespace GruLM.Cli.Commands;

/// <summary>The server's flags.</summary>
internal sealed class ServeFlags
{
    /// <summary>The variable that may hold an API key.</summary>
    public const string KeyVariable = "GRULM_API_KEY";

    private static readonly ServerOptions s_default = new();

    private readonly Option<int> _port = Flags.Int("--port", 0, 65535, s_default.Port, "the port; 0 takes a free one");
    private readonly Option<string?> _host = Flags.Text(
        "--host", "ADDRESS", "the address to listen at; 0.0.0.0 or :: is all of this machine's, and needs API keys", "127.0.0.1");

    private readonly Option<string?> _keys = Flags.Text(
        "--api-key-file", "FILE",
        $"API keys, one a line, one of which each request must bear; the variable {KeyVariable} may hold one too");

    private readonly Option<string[]> _origins = Flags.List("--allow-origin", "ORIGIN", "let pages of this origin ask (CORS)");
    private readonly Option<string?> _stateKey = Flags.Text(
        "--state-key", "FILE",
        "a secret that signs the states given out, so that they outlast this process; made there where it is missing");

    private readonly Option<int> _requests = Flags.Int(
        "--max-requests", 1, 1_000_000, s_default.MaxRequests, "requests at work at the same time");

    private readonly Option<int> _waiting = Flags.Int(
        "--max-waiting", 0, 1_000_000, s_default.MaxWaiting, "requests that may wait; more are told to come again");

    private readonly Option<int?> _tokens = Flags.OptionalInt("--max-tokens", 1, 1_000_000, "tokens that a text may be asked for");
    private readonly Option<double?> _seconds = Flags.OptionalNumber(
        "--max-seconds", 0, 1_000_000, "how long a text may be written; it then ends as if its length had been reached", above: true);

    private readonly Option<int> _kilobytes = Flags.Int(
        "--max-request-kilobytes", 1, 1 << 20, s_default.MaxRequestBytes >> 10, "how large a request may be");

    private readonly Option<int> _prefixes = Flags.Int(
        "--prefix-megabytes", 0, 1 << 20, (int)(s_default.PrefixBytes >> 20), "memory for states behind beginnings that prompts share");

    private readonly Option<int> _responses = Flags.Int(
        "--kept-responses", 0, 10_000_000, s_default.KeptResponses,
        "replies of /v1/responses that can be gone on from by their ids, a model");

    private readonly Option<double> _shutdown = Flags.Number(
        "--shutdown-seconds", 0, 3600, s_default.ShutdownTime.TotalSeconds, "how long texts may go on after Ctrl-C");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> Options =>
        [_port, _host, _keys, _origins, _stateKey, _requests, _waiting, _tokens, _seconds, _kilobytes, _prefixes, _responses, _shutdown];

    /// <summary>What they say.</summary>
    /// <exception cref="UsageException">They do not go together.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public ServerOptions Read(ParseResult flags)
    {
        IPAddress address = AddressOf(flags.GetValue(_host)!);
        string[] keys = KeysOf(flags.GetValue(_keys));
        if (keys.Length == 0 && !IPAddress.IsLoopback(address))
        {
            throw new UsageException(
                $"--host {address} lets others ask too, which needs keys: name a file of them with --api-key-file, or set {KeyVariable}");
        }

        return new ServerOptions
        {
            Address = address,
            Port = flags.GetValue(_port),
            ApiKeys = keys,
            AllowedOrigins = flags.GetValue(_origins)!,
            StateKey = flags.GetValue(_stateKey) is { } file ? (ReadOnlyMemory<byte>?)StateKeyFile.Read(file) : null,
            MaxRequests = flags.GetValue(_requests),
            MaxWaiting = flags.GetValue(_waiting),
            MaxTokens = flags.GetValue(_tokens),
            MaxTime = flags.GetValue(_seconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            MaxRequestBytes = flags.GetValue(_kilobytes) << 10,
            PrefixBytes = (long)flags.GetValue(_prefixes) << 20,
            KeptResponses = flags.GetValue(_responses),
            ShutdownTime = TimeSpan.FromSeconds(flags.GetValue(_shutdown)),
        };
    }

    private static IPAddress AddressOf(string host)
    {
        if (host == "localhost") return IPAddress.Loopback;
        if (IPAddress.TryParse(host, out IPAddress? address)) return address;
        try
        {
            return Dns.GetHostAddresses(host)[0];
        }
        catch (SocketException)
        {
            throw new UsageException($"--host {host}: no address of that name is known");
        }
    }

    private static string[] KeysOf(string? file)
    {
        string[] lines = file is null ? [] : [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
        if (file is not null && lines.Length == 0) throw new IOException($"{file}: holds no key; write one a line");
        string? own = Environment.GetEnvironmentVariable(KeyVariable);
        return string.IsNullOrWhiteSpace(own) ? lines : [.. lines, own.Trim()];
    }
}
