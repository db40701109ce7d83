// The server of one model: readers at the same time get what each would get alone, a text comes while it is written, and one whose reader
// goes away ends.

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using GruLM.Model;

namespace GruLM.Tests.Samples;

public sealed partial class WebApiTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly TinyModel _folder = new(SampleKind.Stream);
    private readonly List<string> _log = [];
    private readonly Process _server;
    private readonly HttpClient _client;

    public WebApiTests()
    {
        // Nothing ends a text but its length.
        new GenerationConfig { StopTokens = [] }.Save(_folder.Folder);
        _server = SampleProgram.Start("WebApi", "--model", _folder.Folder, "--urls", "http://127.0.0.1:0");
        _server.OutputDataReceived += (_, line) =>
        {
            lock (_log) _log.Add(line.Data ?? "");
        };
        _server.BeginOutputReadLine();
        WaitForLog("Now listening on");
        string address;
        lock (_log) address = Address().Match(string.Concat(_log)).Value;
        _client = new HttpClient { BaseAddress = new Uri(address), Timeout = s_patience };
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Kill();
        _server.WaitForExit();
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Two_readers_at_once_get_what_each_gets_alone()
    {
        (string Prompt, int Seed)[] readers = [("How are you?", 1), ("I am well, and", 2)];
        string[] alone = [.. readers.Select(reader => Alone(reader.Prompt, reader.Seed))];
        Assert.NotEqual(alone[0], alone[1]);
        for (int round = 0; round < 5; round++)
        {
            IEnumerable<string> requests = readers.Select(reader => Request(reader.Prompt, reader.Seed, 200));
            Assert.Equal(alone, await Task.WhenAll(requests.Select(_client.GetStringAsync)));
        }
    }

    [Fact]
    public async Task A_text_comes_while_it_is_written_and_ends_when_its_reader_goes_away()
    {
        // It would not end in a lifetime.
        string endless = Request("How are you?", seed: 3, int.MaxValue);
        using (HttpResponseMessage response = await _client.GetAsync(endless, HttpCompletionOption.ResponseHeadersRead))
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync()))
        {
            char[] begun = new char[300];
            Assert.Equal(begun.Length, await reader.ReadBlockAsync(begun));
            Assert.StartsWith(new string(begun)[..100], Alone("How are you?", 3), StringComparison.Ordinal);

            // Somebody else is served meanwhile.
            Assert.Equal(Alone("I am well, and", 4), await _client.GetStringAsync(Request("I am well, and", 4, 200)));
            lock (_log) Assert.DoesNotContain(_log, IsEndOfTheEndless);
        }

        WaitFor(IsEndOfTheEndless, "the end of a text without a reader");
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Address();

    private static string Request(string prompt, int seed, int tokens) =>
        FormattableString.Invariant($"/generate?prompt={Uri.EscapeDataString(prompt)}&seed={seed}&tokens={tokens}");

    private static bool IsEndOfTheEndless(string line) =>
        line.Contains("Request finished", StringComparison.Ordinal)
        && line.Contains(int.MaxValue.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private string Alone(string prompt, int seed)
    {
        using LanguageModel model = _folder.Open(threads: 1);
        var options = new GenerationOptions
        {
            MaxTokens = 200,
            Sampling = model.Defaults.ToSampling() with { Seed = (ulong)seed },
        };
        return string.Concat(model.Generate(prompt, options));
    }

    private void WaitForLog(string text) => WaitFor(line => line.Contains(text, StringComparison.Ordinal), text);

    private void WaitFor(Predicate<string> line, string what)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < s_patience && !_server.HasExited)
        {
            lock (_log)
            {
                if (_log.Exists(line)) return;
            }

            Thread.Sleep(10);
        }

        lock (_log) Assert.Fail($"'{what}' was waited for in vain; the server said: {string.Join('\n', _log)}");
    }
}
