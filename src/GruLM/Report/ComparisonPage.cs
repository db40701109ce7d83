// The page about two models and their runs: figures, facts and settings side by side, what differs standing out, and the curves of both in
// the same pictures. Samples and notices are left out: they are on the pages about one run.

using System.Globalization;
using System.Text;

namespace GruLM.Report;

/// <summary>Writes the page about two runs.</summary>
internal static class ComparisonPage
{
    private const string Missing = "–";

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>The whole page.</summary>
    public static string Write(ComparedRun first, ComparedRun second)
    {
        var page = new StringBuilder();
        string a = Markup.Text(first.Name), b = Markup.Text(second.Name);
        PageParts.Begin(page, $"{a} and {b}: two training runs", $"{a} and {b}", "report.css", "comparison.css");
        foreach (ComparedRun run in (ComparedRun[])[first, second]) WriteLead(page, run);
        WriteTable(page, "Best held-out figures", (first.Name, Best(first.History)), (second.Name, Best(second.History)));
        RunCharts.Write(page, [Charted(first, "first"), Charted(second, "second")]);
        WriteTable(page, "Model", (first.Name, Model(first)), (second.Name, Model(second)));
        WriteTable(page, "Settings", (first.Name, first.History.Settings), (second.Name, second.History.Settings));
        PageParts.End(page, "report.js");
        return page.ToString();
    }

    private static List<(string Name, string Value)> Model(ComparedRun run) => [.. run.Facts, .. run.History.Facts];

    private static ChartedRun Charted(ComparedRun run, string style) =>
        new(run.History, $"{run.Name}, training", $"{style}-train", $"{run.Name}, held out", $"{style}-held-out");

    private static void WriteLead(StringBuilder page, ComparedRun run)
    {
        string name = Markup.Text(run.Name);
        string lead = run.History.Steps == 0
            ? "no figures of its training were found, so it has no curves."
            : PageParts.Length(run.History);
        page.Append($"<p class=\"lead\">{name}: {lead}</p>\n");
        foreach (string problem in run.History.Problems) PageParts.WriteProblem(page, $"{run.Name}: {problem}");
    }

    private static List<(string Name, string Value)> Best(RunHistory history) => PageParts.Best(history) is not { } best
        ? []
        :
        [
            ("bits per byte", best.BitsPerByte.ToString("0.0000", s_invariant)),
            ("perplexity", best.Perplexity.ToString("0.00", s_invariant)),
            ("NLL", best.Nll.ToString("0.0000", s_invariant)),
            ("token accuracy", (100 * best.TokenAccuracy).ToString("0.0", s_invariant) + "%"),
            ("at step", PageParts.Number(best.Step)),
        ];

    // The rows that either has, in the order of the first one.
    private static void WriteTable(
        StringBuilder page, string title, (string Name, IReadOnlyList<(string Name, string Value)> Rows) first,
        (string Name, IReadOnlyList<(string Name, string Value)> Rows) second)
    {
        if (first.Rows.Count + second.Rows.Count == 0) return;
        PageParts.BeginTable(page, title);
        page.Append($"<thead>\n<tr><td></td><th scope=\"col\">{Markup.Text(first.Name)}</th>")
            .Append($"<th scope=\"col\">{Markup.Text(second.Name)}</th></tr>\n</thead>\n<tbody>\n");
        foreach (string name in first.Rows.Concat(second.Rows).Select(row => row.Name).Distinct())
        {
            string a = ValueOf(first.Rows, name), b = ValueOf(second.Rows, name);
            string style = a == b ? "" : " class=\"differs\"";
            page.Append($"<tr{style}><th scope=\"row\">{Markup.Text(name)}</th><td>{Markup.Text(a)}</td><td>{Markup.Text(b)}</td></tr>\n");
        }

        PageParts.EndTable(page);
    }

    private static string ValueOf(IReadOnlyList<(string Name, string Value)> rows, string name) =>
        rows.Where(row => row.Name == name).Select(row => row.Value).FirstOrDefault(Missing);
}

/// <summary>One of two runs.</summary>
/// <param name="Name">What the page calls it.</param>
/// <param name="Facts">What its model is.</param>
/// <param name="History">What its run has left.</param>
internal sealed record ComparedRun(string Name, IReadOnlyList<(string Name, string Value)> Facts, RunHistory History);
