// Text and settings of a short run that is watched, and what a browser hears of it.

using System.Text.Json;
using GruLM.Cli.Demo;
using GruLM.Report;
using GruLM.Server;

namespace GruLM.Tests;

/// <summary>A folder for short runs.</summary>
internal sealed class WatchedText : IDisposable
{
    private readonly string _text;

    public WatchedText()
    {
        _text = Path.Combine(Root, "text.txt");
        File.WriteAllText(_text, SampleCorpus.Generate(5, 8_000));
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("grulm-watch-").FullName;

    public string Model => Path.Combine(Root, "model");

    public string Page => Path.Combine(Root, "page.html");

    public TrainingSettings Settings => new()
    {
        Data = [_text],
        OutDir = Model,
        VocabSize = 320,
        EmbeddingDim = 24,
        HiddenDim = 24,
        NumLayers = 1,
        BatchSize = 4,
        Bptt = 16,
        MaxSteps = 30,
        LogInterval = 3,
        SaveInterval = 10,
        EvalInterval = 7,
        SampleEvery = 10,
        Threads = 1,
    };

    /// <summary>The same as flags.</summary>
    public string[] Flags(string folder, int steps = 30) =>
    [
        "train", "--data", _text, "--out-dir", folder, "--vocab-size", "320", "--emb-dim", "24", "--hidden-dim", "24", "--num-layers", "1",
        "--batch-size", "4", "--bptt", "16", "--max-steps", $"{steps}", "--epochs", "1000000", "--log-interval", "3", "--threads", "1",
    ];

    /// <summary>A server of a report, at a free port.</summary>
    public static async Task<ReportServer> Serve(LiveReport report)
    {
        var server = new ReportServer(report, port: 0, error => Assert.Fail($"{error}"));
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Hears the events at an address until they end, and gives each to <paramref name="heard"/>.</summary>
    public static async Task<List<JsonElement>> Listen(Uri address, Action<JsonElement>? heard = null)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using var client = new HttpClient();
        using Stream body = await client.GetStreamAsync(new Uri(address, "events"), cancel);
        using var reader = new StreamReader(body);
        var events = new List<JsonElement>();
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            if (line.Length == 0) continue;
            Assert.StartsWith("data: ", line, StringComparison.Ordinal);
            events.Add(JsonElement.Parse(line["data: ".Length..]));
            heard?.Invoke(events[^1]);
        }

        return events;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
