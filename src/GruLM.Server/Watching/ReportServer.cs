// The report page of a run, over HTTP while the run goes on: the page, and events that bring it up to date. Any number of browsers may
// look, come late, come again and go; the run is waited for by them and never waits for one.

using GruLM.Report;
using Microsoft.AspNetCore.Builder;

namespace GruLM.Server;

/// <summary>Shows a run's report page at an address of this machine that nobody else reaches. Start and stop it once.</summary>
/// <example><code>
/// var report = new LiveReport(settings.OutDir);
/// await using var server = new ReportServer(report);
/// await server.StartAsync();
/// Console.WriteLine($"watch at {server.Address}");
/// using TrainingRun run = TrainingRun.Start(settings, report);
/// report.End(run.Run());
/// await server.StopAsync();
/// </code></example>
public sealed class ReportServer : IAsyncDisposable
{
    /// <summary>The port where nothing else is said.</summary>
    public const int UsualPort = 8090;

    // How long browsers have to take in the end of a run.
    private static readonly TimeSpan s_farewell = TimeSpan.FromMilliseconds(500);

    private readonly ServerOptions _options;
    private readonly WebApplication _app;

    /// <summary>A server of a run's page.</summary>
    /// <param name="report">The run.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="tellFailure">Is told of failures that are no browser's fault; null: nobody is.</param>
    /// <exception cref="ArgumentException">There is no such port.</exception>
    public ReportServer(LiveReport report, int port = UsualPort, Action<Exception>? tellFailure = null)
    {
        ArgumentNullException.ThrowIfNull(report);
        _options = new ServerOptions { Port = port };
        _options.Validate();
        var endpoint = new ReportEndpoint(report);
        _app = Listener.Build(_options, tellFailure ?? (_ => { }));
        _app.UseRouting();
        _app.MapMethods("/", ["GET"], endpoint.HandlePage);
        _app.MapMethods("/events", ["GET"], endpoint.HandleEvents);
        _app.MapMethods("/{**other}", ["GET"], _ => throw new ApiException(404, "there is nothing here; the page is at /"));
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:8090</c>; once it is started.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public async Task StartAsync(CancellationToken cancel = default) =>
        Address = await Listener.Start(_app, _options, cancel).ConfigureAwait(false);

    /// <summary>Stops, at the latest half a second after browsers have been told that the run has ended (<see
    /// cref="LiveReport.End"/>).</summary>
    public async Task StopAsync()
    {
        using var hurry = new CancellationTokenSource(s_farewell);
        await _app.StopAsync(hurry.Token).ConfigureAwait(false);
    }

    /// <summary>Stops at once what has not been stopped.</summary>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
