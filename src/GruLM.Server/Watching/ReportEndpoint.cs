// GET /: the page of a run at work. GET /events: what it shows, whole, whenever that is another, until the run has ended. Each browser is
// sent the newest when it is ready for it; what it missed in between is in there.

using GruLM.Report;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Gives the page and its events. Safe for several threads.</summary>
internal sealed class ReportEndpoint(LiveReport report)
{
    // How often it is looked for something new.
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    /// <summary>Answers with the page.</summary>
    public async Task HandlePage(HttpContext http)
    {
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = LivePage.Policy;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsync(report.Page(), http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Answers with events.</summary>
    public async Task HandleEvents(HttpContext http)
    {
        var events = new EventStream(http.Response);
        LiveState? sent = null;
        while (sent is not { Status.IsLast: true })
        {
            LiveState state = report.Latest();
            if (!ReferenceEquals(state, sent))
            {
                await Send(events, state).ConfigureAwait(false);
                sent = state;
                continue;
            }

            var pause = Task.Delay(s_look, http.RequestAborted);
            if (await Task.WhenAny(pause, report.Ended).ConfigureAwait(false) == pause) await pause.ConfigureAwait(false);
        }
    }

    private static async Task Send(EventStream events, LiveState state)
    {
        await events.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", state.Status.Count);
            json.WriteString("stage", LivePage.StageName(state.Status.Stage));
            json.WriteBoolean("last", state.Status.IsLast);
            json.WriteString("words", state.Status.Words);
            json.WriteString("report", state.Report);
            json.WriteEndObject();
        }).ConfigureAwait(false);
        await events.Flush().ConfigureAwait(false);
    }
}
