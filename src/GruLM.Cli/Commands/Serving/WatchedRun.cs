// --watch: the report page of a run, in a browser, while the run goes on. The page is the library's, what serves it GruLM.Server's; here
// are the flag, and what is said.

using System.CommandLine;
using GruLM.Report;
using GruLM.Server;

namespace GruLM.Cli.Commands;

/// <summary>A run that can be watched. Dispose it when the run is over, however it ended.</summary>
internal sealed class WatchedRun : IDisposable
{
    // What the flag gives without a port.
    private const int AnyPort = -1;

    private readonly LiveReport _report;
    private readonly Session _session;
    private readonly ReportServer _server;

    private WatchedRun(LiveReport report, int port, Session session)
    {
        (_report, _session) = (report, session);
        _server = Started(port);
        session.Error.WriteLine($"watch the run at {_server.Address.ToString().TrimEnd('/')}");
    }

    /// <summary>Who is to be told of the run.</summary>
    public IRunObserver Observer => _report;

    /// <summary>The flag; what it gives is for <see cref="Begin"/>.</summary>
    public static Option<int?> Flag() => Flags.IntOrNothing(
        "--watch", "PORT", 0, 65535, AnyPort,
        $"show the run in a browser while it goes on, as the page of 'grulm show --html'; at this port (default {ReportServer.UsualPort}, "
        + "or a free one where it is taken; 0 takes a free one)");

    /// <summary>Begins to show the run that is to be made in a folder; null where <paramref name="port"/> is.</summary>
    /// <exception cref="IOException">A port that was asked for is taken.</exception>
    public static WatchedRun? Begin(int? port, string folder, IRunObserver observer, Session session) =>
        port is { } asked ? new WatchedRun(new LiveReport(folder, observer), asked, session) : null;

    /// <summary>The run has ended.</summary>
    public void End(RunOutcome outcome) => _report.End(outcome);

    /// <summary>Tells browsers that it is over, where they have not been told, and stops.</summary>
    public void Dispose()
    {
        _report.End();
        _server.StopAsync().GetAwaiter().GetResult();
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private ReportServer Started(int port)
    {
        if (port != AnyPort) return Start(port);
        try
        {
            return Start(ReportServer.UsualPort);
        }
        catch (IOException)
        {
            return Start(0);
        }
    }

    private ReportServer Start(int port)
    {
        var server = new ReportServer(_report, port, error => _session.Error.WriteLine($"grulm: the page failed: {error.Message}"));
        try
        {
            server.StartAsync(_session.Stop).GetAwaiter().GetResult();
            return server;
        }
        catch
        {
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }
    }
}
