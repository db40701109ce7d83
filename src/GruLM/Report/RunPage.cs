// The page about a model and the run that made it: best figures, curves, samples over time, what the model is, settings.

using System.Globalization;
using System.Text;

namespace GruLM.Report;

/// <summary>Writes the page about one run.</summary>
internal static class RunPage
{
    // A page of more samples would not be read; the first and the last are among those shown.
    private const int MaxSamples = 40;
    private const int MaxNotices = 20;

    private const string Dropout = "dropout";
    private const string NoFigures = "No figures of the training were found beside this model, so there are no curves.";

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>The whole page. <paramref name="facts"/> say what the model is, <paramref name="text"/> is one that it wrote, or
    /// empty.</summary>
    public static string Write(string model, IReadOnlyList<(string Name, string Value)> facts, RunHistory history, string text)
    {
        var page = new StringBuilder();
        string name = Markup.Text(PageParts.NameOf(Path.GetFullPath(model)));
        PageParts.Begin(page, $"{name}: a training run", name, "report.css");
        WriteContent(page, facts, history, text);
        PageParts.End(page, "report.js");
        return page.ToString();
    }

    /// <summary>What stands between heading and foot. <paramref name="noFigures"/> is said where there are none.</summary>
    public static void WriteContent(
        StringBuilder page, IReadOnlyList<(string Name, string Value)> facts, RunHistory history, string text, string noFigures = NoFigures)
    {
        WriteLead(page, history, noFigures);
        foreach (string problem in history.Problems) PageParts.WriteProblem(page, problem);
        WriteBest(page, history);
        WriteCharts(page, history);
        WriteSamples(page, history.Samples);
        WriteText(page, text);
        page.Append("<div class=\"tables\">\n");
        bool isInSettings = history.Settings.Any(setting => setting.Name == Dropout);
        string[] elsewhere = isInSettings ? [ModelDescription.BestFigure, Dropout] : [ModelDescription.BestFigure];
        WriteTable(page, "Model", [.. facts.Where(fact => !elsewhere.Contains(fact.Name)), .. history.Facts]);
        WriteTable(page, "Settings", history.Settings);
        page.Append("</div>\n");
        WriteNotices(page, history.Notices);
    }

    private static void WriteLead(StringBuilder page, RunHistory history, string noFigures)
    {
        string lead = history.Steps == 0 ? noFigures : PageParts.Length(history);
        page.Append($"<p class=\"lead\">{lead}</p>\n");
    }

    private static void WriteBest(StringBuilder page, RunHistory history)
    {
        if (PageParts.Best(history) is not { } best) return;
        page.Append("<div class=\"tiles\">\n");
        WriteTile(
            page, "bits per byte", best.BitsPerByte.ToString("0.0000", s_invariant),
            string.Create(s_invariant, $"best held-out figure, step {best.Step:#,0}; lower is better, 8 is knowing nothing"));
        WriteTile(page, "perplexity", best.Perplexity.ToString("0.00", s_invariant), "a token, at that step");
        WriteTile(page, "NLL", best.Nll.ToString("0.0000", s_invariant), "nats a token, at that step");
        WriteTile(page, "token accuracy", (100 * best.TokenAccuracy).ToString("0.0", s_invariant) + "%", "at that step");
        page.Append("</div>\n");
        if (history.EvalTokens == 0) return;
        string tokens = PageParts.Number(history.EvalTokens);
        page.Append(
            $"<p class=\"note\">Evaluations in training read at most {tokens} held-out tokens. "
            + "<code>grulm eval</code> reads all of them, so that its figures may differ a little.</p>\n");
    }

    private static void WriteTile(StringBuilder page, string name, string figure, string detail) => page.Append(
        $"<div class=\"tile\"><div class=\"name\">{name}</div><div class=\"figure\">{figure}</div>"
        + $"<div class=\"detail\">{detail}</div></div>\n");

    private static void WriteCharts(StringBuilder page, RunHistory history) =>
        RunCharts.Write(page, [new ChartedRun(history, "training", "train", "held out", "held-out")]);

    private static void WriteTable(StringBuilder page, string title, List<(string Name, string Value)> rows)
    {
        if (rows.Count == 0) return;
        PageParts.BeginTable(page, title);
        page.Append("<tbody>\n");
        foreach ((string name, string value) in rows)
        {
            page.Append($"<tr><th scope=\"row\">{Markup.Text(name)}</th><td>{Markup.Text(value)}</td></tr>\n");
        }

        PageParts.EndTable(page);
    }

    private static void WriteSamples(StringBuilder page, List<RunSample> samples)
    {
        if (samples.Count == 0) return;
        page.Append("<h2>What it wrote on the way</h2>\n");
        int shown = Math.Min(samples.Count, MaxSamples);
        if (shown < samples.Count)
        {
            page.Append(s_invariant, $"<p class=\"note\">{shown} of {samples.Count:#,0} samples, evenly chosen.</p>\n");
        }

        for (int i = 0; i < shown; i++)
        {
            int index = shown == 1 ? 0 : (int)((long)i * (samples.Count - 1) / (shown - 1));
            WriteSample(page, samples[index]);
        }
    }

    private static void WriteSample(StringBuilder page, RunSample sample)
    {
        string prompt = sample.Prompt.TrimStart('\n');
        string text = prompt.Length == 0 ? sample.Text.TrimStart('\n') : sample.Text;
        page.Append(s_invariant, $"<div class=\"sample\"><div class=\"step\">step {sample.Step:#,0}</div><pre>");
        if (prompt.Length > 0) page.Append($"<span class=\"prompt\">{Markup.Text(prompt)}</span>");
        page.Append(Markup.Text(text)).Append("</pre></div>\n");
    }

    private static void WriteText(StringBuilder page, string text)
    {
        if (text.Length == 0) return;
        page.Append("<h2>What it writes</h2>\n<div class=\"sample\"><pre>").Append(Markup.Text(text.TrimStart('\n')))
            .Append("</pre></div>\n");
    }

    private static void WriteNotices(StringBuilder page, List<(long Step, string Text)> notices)
    {
        if (notices.Count == 0) return;
        page.Append("<h2>Notices</h2>\n");
        foreach ((long _, string text) in notices.Take(MaxNotices)) page.Append($"<p class=\"note\">{Markup.Text(text)}</p>\n");
        if (notices.Count <= MaxNotices) return;
        page.Append(s_invariant, $"<p class=\"note\">… and {notices.Count - MaxNotices:#,0} more in metrics.jsonl</p>\n");
    }
}
