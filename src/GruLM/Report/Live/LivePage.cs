// The page of a run at work, made from its folder: the report between a line that says how far the run has come and a script that takes
// what is new. While a run is to replace a model it works in a folder of its own, which is read instead.

using System.Text;
using GruLM.Formats;

namespace GruLM.Report;

/// <summary>Makes the page of a run at work. Used by one thread at a time, but for <see cref="ReadModelAgain"/>.</summary>
internal sealed class LivePage(string folder)
{
    private const string NoFigures = "There are no figures yet.";

    private static readonly string[] s_styles = ["report.css", "live.css"];
    private static readonly string[] s_scripts = ["report.js", "live.js"];

    private readonly RunLayout _home = new(folder);
    private IReadOnlyList<(string Name, string Value)> _facts = [];
    private volatile bool _hasNewModel = true;
    private string _report = "";

    /// <summary>What the page may load and run, as browsers are told it: its own style and script, and the server that it came
    /// from.</summary>
    public static string Policy { get; } =
        $"default-src 'none'; script-src {Source(s_scripts)}; style-src {Source(s_styles)}; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private string Name => Markup.Text(PageParts.NameOf(_home.Root));

    /// <summary>The whole page.</summary>
    public string Whole(LiveState state)
    {
        var page = new StringBuilder();
        PageParts.Begin(page, $"{Name}: a training run", Name, s_styles);
        string stage = StageName(state.Status.Stage), words = Markup.Text(state.Status.Words);
        page.Append($"<p class=\"live\" id=\"live\" data-stage=\"{stage}\">{words}</p>\n<div id=\"report\">\n");
        page.Append(state.Report).Append("</div>\n");
        PageParts.End(page, s_scripts);
        return page.ToString();
    }

    /// <summary>A stage as the page and its script name it.</summary>
    public static string StageName(LiveStage stage) => stage switch
    {
        LiveStage.Preparing => "preparing",
        LiveStage.Running => "running",
        LiveStage.Finished => "finished",
        LiveStage.Stopped => "stopped",
        _ => "given-up",
    };

    /// <summary>The model in the folder has changed since it was read last.</summary>
    public void ReadModelAgain() => _hasNewModel = true;

    /// <summary>What the page shows now. What cannot be read at the moment is left out, or is as it was.</summary>
    public LiveState Read(LiveStatus status)
    {
        // Before a run has said anything, what is in the folder is another one's.
        if (status is { Count: 0 }) return new LiveState(status, "");
        try
        {
            _report = Report(status);
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            // A file that is being replaced; it is there the next time.
        }

        return new LiveState(status, _report);
    }

    private string Report(LiveStatus status)
    {
        RunHistory history;
        string place;
        lock (FolderSwitch.Gate)
        {
            place = Directory.Exists(_home.Next.Training) ? _home.Next.Root : _home.Root;
            if (_hasNewModel || status.IsLast) ReadFacts(place);
            history = RunHistory.Read(place);
        }

        var report = new StringBuilder();
        bool writes = status.Stage == LiveStage.Finished && history.Samples.Count == 0;
        if (!status.IsLast) RunPage.WriteContent(report, _facts, history, "", NoFigures);
        else RunPage.WriteContent(report, _facts, history, writes ? RunReport.TextBy(place) : "");
        return report.ToString();
    }

    private void ReadFacts(string place)
    {
        _hasNewModel = false;
        try
        {
            _facts = RunReport.Facts(place);
        }
        catch (Exception error) when (IsOfFiles(error))
        {
            _hasNewModel = true;
        }
    }

    private static bool IsOfFiles(Exception error) => error is IOException or InvalidDataException or UnauthorizedAccessException;

    private static string Source(string[] names)
    {
        byte[] content = Encoding.UTF8.GetBytes("\n" + PageParts.All(names));
        return $"'sha256-{Convert.ToBase64String(Sha256.HashData(content))}'";
    }
}
