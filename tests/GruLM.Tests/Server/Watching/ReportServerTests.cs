// The page of a run at work: it comes, follows the run in order, and is in the end what is written of the folder.

using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using GruLM.Report;
using GruLM.Server;
using GruLM.Tests.Cli;
using GruLM.Training;

namespace GruLM.Tests;

public sealed class ReportServerTests : IDisposable
{
    private readonly WatchedText _text = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _text.Dispose();

    [Fact]
    public async Task Browsers_see_the_run_go_on_and_at_its_end_the_page_that_is_written_of_it()
    {
        // The run waits in its midst until the first browser has seen it.
        using var seen = new ManualResetEventSlim();
        var report = new LiveReport(_text.Model, new Steps(step => Assert.True(step != 15 || seen.Wait(60_000, Cancel))));
        await using ReportServer server = await WatchedText.Serve(report);
        Task<List<JsonElement>> first = WatchedText.Listen(server.Address, heard =>
        {
            if (Stage(heard) == "running" && Report(heard).Contains("data-name=\"training\"", StringComparison.Ordinal)) seen.Set();
        });
        Task<List<JsonElement>> second = WatchedText.Listen(server.Address);
        using (var leaver = new HttpClient()) (await leaver.GetStreamAsync(new Uri(server.Address, "events"), Cancel)).Dispose();

        RunOutcome outcome = await Task.Run(() => Train(_text.Settings, report), Cancel);
        report.End(outcome);
        RunReport.Write(_text.Model, _text.Page);
        string written = await File.ReadAllTextAsync(_text.Page, Cancel);
        foreach (List<JsonElement> events in (List<JsonElement>[])[await first, await second])
        {
            long[] counts = [.. events.Select(one => one.GetProperty("count").GetInt64())];
            Assert.Equal(counts.Distinct().Order(), counts);
            Assert.All(events.SkipLast(1), one => Assert.False(one.GetProperty("last").GetBoolean()));
            Assert.Equal(("preparing", "finished"), (Stage(events[0]), Stage(events[^1])));
            Assert.True(events[^1].GetProperty("last").GetBoolean());
            Assert.Equal("The run has ended, at step 30.", events[^1].GetProperty("words").GetString());
            Assert.Contains(Report(events[^1]), written, StringComparison.Ordinal);
            Assert.Contains("What it wrote on the way", Report(events[^1]), StringComparison.Ordinal);
        }

        // Who comes late is told the end at once.
        Assert.Equal(Report((await first)[^1]), Report(Assert.Single(await WatchedText.Listen(server.Address))));
        using var client = new HttpClient();
        string page = await client.GetStringAsync(server.Address, Cancel);
        Assert.Contains("data-stage=\"finished\"", page, StringComparison.Ordinal);
        Assert.Contains(Report((await first)[^1]), page, StringComparison.Ordinal);
        await server.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Address, Cancel));
    }

    [Fact]
    public async Task The_page_may_load_and_run_itself_alone_and_is_for_this_machine()
    {
        await using ReportServer server = await WatchedText.Serve(new LiveReport(_text.Model));
        using var client = new HttpClient { BaseAddress = server.Address };
        using HttpResponseMessage page = await client.GetAsync("/", Cancel);
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        string policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-store", page.Headers.CacheControl!.ToString());
        Assert.Equal(IPAddress.Loopback.ToString(), server.Address.Host);
        using HttpResponseMessage nothing = await client.GetAsync("/../secret", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events");
        request.Headers.Host = "evil.example.com";
        using HttpResponseMessage elsewhere = await client.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, elsewhere.StatusCode);
    }

    [Fact]
    public void A_run_that_replaces_a_model_shows_itself_and_not_the_old_run()
    {
        Train(_text.Settings, null);
        var texts = new List<string>();
        LiveReport? report = null;
        report = new LiveReport(_text.Model, new Steps(
            step => { if (step == 3) texts.Add(report!.Latest().Report); }, () => texts.Add(report!.Latest().Report)));
        RunOutcome outcome = Train(_text.Settings with { Overwrite = true, MaxSteps = 6 }, report);
        Assert.Contains("There are no figures yet.", texts[0], StringComparison.Ordinal);
        Assert.DoesNotContain("30 steps", string.Concat(texts), StringComparison.Ordinal);
        report.End(outcome);
        Assert.Contains("6 steps", report.Latest().Report, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_samples_ends_with_a_text_and_one_that_failed_says_so()
    {
        var report = new LiveReport(_text.Model);
        report.End(Train(_text.Settings with { SampleEvery = 0 }, report));
        RunReport.Write(_text.Model, _text.Page);
        Assert.Contains("What it writes", report.Latest().Report, StringComparison.Ordinal);
        Assert.Contains(report.Latest().Report, File.ReadAllText(_text.Page), StringComparison.Ordinal);
        LiveState last = report.Latest();
        report.End();
        Assert.Same(last, report.Latest());

        var failed = new LiveReport(_text.Model);
        Assert.Throws<IOException>(() => Train(_text.Settings, failed));
        failed.End();
        Assert.Equal(LiveStage.GivenUp, failed.Latest().Status.Stage);
        Assert.True(failed.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public void The_command_watches_without_changing_a_bit()
    {
        string watched = Path.Combine(_text.Root, "watched"), alone = Path.Combine(_text.Root, "alone");
        (int code, _, string error) = CommandsTests.Run([.. _text.Flags(watched), "--watch", "0"]);
        Assert.True(code == 0, error);
        Assert.StartsWith("watch the run at http://127.0.0.1:", error, StringComparison.Ordinal);
        Assert.Equal(0, CommandsTests.Run(_text.Flags(alone)).Code);
        ResumeTests.AssertSame(alone, watched);
    }

    [Fact]
    public void A_port_that_is_taken_is_an_error_where_it_was_asked_for()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        (int code, _, string error) = CommandsTests.Run([.. _text.Flags(_text.Model), "--watch", $"{port}"]);
        Assert.Equal(1, code);
        Assert.Contains($"127.0.0.1:{port}", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_text.Model));

        // The usual one is one wish among others.
        using TcpListener? usual = Taken(ReportServer.UsualPort);
        (code, _, error) = CommandsTests.Run([.. _text.Flags(_text.Model), "--watch"]);
        Assert.True(code == 0, error);
        Assert.DoesNotContain($":{ReportServer.UsualPort}\n", error, StringComparison.Ordinal);
        Assert.Contains("watch the run at http://127.0.0.1:", error, StringComparison.Ordinal);
        (code, _, error) = CommandsTests.Run([.. _text.Flags(_text.Model), "--dry-run", "--watch"]);
        Assert.Equal(2, code);
        Assert.Contains("--watch cannot be given beside --dry-run", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watched_run_that_is_stopped_ends_within_a_second_and_tells_its_browsers()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs signals");
        using var run = new GrulmProcess([.. _text.Flags(_text.Model, steps: 1_000_000), "--watch", "0"]);
        Uri address = await run.Address(Cancel);
        using var running = new SemaphoreSlim(0);
        Task<List<JsonElement>> events = WatchedText.Listen(address, heard =>
        {
            if (Stage(heard) == "running") running.Release();
        });
        await running.WaitAsync(Cancel);
        (int code, TimeSpan took, string said) = await run.Stop(Cancel);
        Assert.Equal(130, code);
        Assert.Contains("stopped at step", said, StringComparison.Ordinal);
        Assert.True(took < TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("CI") is null ? 1.5 : 10), $"{took}");
        Assert.Equal("stopped", Stage((await events)[^1]));
    }

    private static TcpListener? Taken(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            // Somebody else has it, which is as good.
            listener.Dispose();
            return null;
        }
    }

    private static RunOutcome Train(TrainingSettings settings, IRunObserver? observer)
    {
        using var run = TrainingRun.Start(settings, observer, cancel: Cancel);
        return run.Run(Cancel);
    }

    private static string Stage(JsonElement one) => one.GetProperty("stage").GetString()!;

    private static string Report(JsonElement one) => one.GetProperty("report").GetString()!;

    private sealed class Steps(Action<long> made, Action? planned = null) : IRunObserver
    {
        public void OnSteps(StepReport report) => made(report.Step);

        public void OnPlanned(RunPlan plan) => planned?.Invoke();
    }
}
