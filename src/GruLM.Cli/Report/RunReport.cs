// One page about a model and the run that made it: best figures, curves, samples over time, what the model is, settings. The page needs
// nothing but itself: style and script stand in it, pictures are inline, and it is well-formed XML besides being HTML.

using System.Globalization;
using System.Text;

namespace GruLM.Cli.Report;

/// <summary>Writes the page of <c>grulm show --html</c>.</summary>
internal static class RunReport
{
    // A page of more samples would not be read; the first and the last are among those shown.
    private const int MaxSamples = 40;
    private const int MaxNotices = 20;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>The whole page. <paramref name="facts"/> say what the model is.</summary>
    public static string Write(string model, List<(string Name, string Value)> facts, RunHistory history)
    {
        var page = new StringBuilder();
        string name = Markup.Text(NameOf(Path.GetFullPath(model)));
        page.Append($"""
            <!DOCTYPE html>
            <html xmlns="http://www.w3.org/1999/xhtml" lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>{name}: a training run</title>
            <style>
            {Resource("report.css")}</style>
            </head>
            <body>
            <main>
            <h1>{name}</h1>

            """);
        WriteLead(page, history);
        foreach (string problem in history.Problems) page.Append($"<p class=\"note problem\">{Markup.Text(problem)}</p>\n");
        WriteBest(page, history);
        WriteCharts(page, history);
        WriteSamples(page, history.Samples);
        page.Append("<div class=\"tables\">\n");
        WriteTable(page, "Model", [.. facts, .. history.Facts]);
        WriteTable(page, "Settings", history.Settings);
        page.Append("</div>\n");
        WriteNotices(page, history.Notices);
        page.Append($"""
            <footer>Made by grulm {Markup.Text(CommandLine.Version)}.</footer>
            </main>
            <script>
            {Resource("report.js")}</script>
            </body>
            </html>

            """);
        return page.ToString();
    }

    /// <summary>The name of a file or folder without where it is: a page is made to be handed on, and whose disk it came from is nobody's
    /// business.</summary>
    public static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    private static void WriteLead(StringBuilder page, RunHistory history)
    {
        string time = TrainingDisplay.Time(history.Seconds);
        string lead = history.Steps == 0
            ? "No figures of the training were found beside this model, so there are no curves."
            : string.Create(s_invariant, $"{history.Steps:#,0} steps, {history.Tokens:#,0} tokens, {time} of training.");
        page.Append($"<p class=\"lead\">{lead}</p>\n");
    }

    private static void WriteBest(StringBuilder page, RunHistory history)
    {
        var finite = history.Evaluations.Where(evaluation => double.IsFinite(evaluation.Nll)).ToList();
        if (finite.Count == 0) return;
        EvaluatedStep best = finite.MinBy(evaluation => evaluation.Nll);
        page.Append("<div class=\"tiles\">\n");
        WriteTile(
            page, "bits per byte", best.BitsPerByte.ToString("0.0000", s_invariant),
            string.Create(s_invariant, $"best held-out figure, step {best.Step:#,0}"));
        WriteTile(page, "perplexity", best.Perplexity.ToString("0.00", s_invariant), "a token, at that step");
        WriteTile(page, "NLL", best.Nll.ToString("0.0000", s_invariant), "nats a token, at that step");
        WriteTile(page, "token accuracy", (100 * best.TokenAccuracy).ToString("0.0", s_invariant) + "%", "at that step");
        page.Append("</div>\n");
    }

    private static void WriteTile(StringBuilder page, string name, string figure, string detail) => page.Append(
        $"<div class=\"tile\"><div class=\"name\">{name}</div><div class=\"figure\">{figure}</div>"
        + $"<div class=\"detail\">{detail}</div></div>\n");

    private static void WriteCharts(StringBuilder page, RunHistory history)
    {
        string charts = string.Concat(
            new SvgChart("Loss", "nats a token, by step", [Train("train_nll"), HeldOut("val_nll")]).Draw(),
            new SvgChart("Held-out bits per byte", "by step", [HeldOut("val_bits_per_byte")]).Draw(),
            new SvgChart("Token accuracy", "share of tokens, by step", [Train("token_accuracy"), HeldOut("val_token_accuracy")]).Draw(),
            new SvgChart("Learning rate", "by step", [Train("lr")]).Draw(),
            new SvgChart("Gradient norm", "before clipping, by step", [Train("grad_norm")], logarithmic: true).Draw(),
            new SvgChart("Throughput", "tokens a second, by step", [Train("tokens_per_s")]).Draw());
        if (charts.Length > 0) page.Append("<h2>Curves</h2>\n<div class=\"charts\">\n").Append(charts).Append("</div>\n");

        Curve Train(string figure) => new("training", "train", history.Figures(figure));
        Curve HeldOut(string figure) => new("held out", "held-out", history.Figures(figure));
    }

    private static void WriteTable(StringBuilder page, string title, List<(string Name, string Value)> rows)
    {
        if (rows.Count == 0) return;
        page.Append($"<section>\n<h2>{title}</h2>\n<div class=\"table\"><table>\n<tbody>\n");
        foreach ((string name, string value) in rows)
        {
            page.Append($"<tr><th scope=\"row\">{Markup.Text(name)}</th><td>{Markup.Text(value)}</td></tr>\n");
        }

        page.Append("</tbody>\n</table></div>\n</section>\n");
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

    private static void WriteNotices(StringBuilder page, List<(long Step, string Text)> notices)
    {
        if (notices.Count == 0) return;
        page.Append("<h2>Notices</h2>\n");
        foreach ((long _, string text) in notices.Take(MaxNotices)) page.Append($"<p class=\"note\">{Markup.Text(text)}</p>\n");
        if (notices.Count <= MaxNotices) return;
        page.Append(s_invariant, $"<p class=\"note\">… and {notices.Count - MaxNotices:#,0} more in metrics.jsonl</p>\n");
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(RunReport).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
