// What all pages have in common: head and foot, names, numbers, tables. A page needs nothing but itself: style and script stand in it,
// pictures are inline, and it is well-formed XML besides being HTML.

using System.Globalization;
using System.Text;

namespace GruLM.Report;

/// <summary>Parts of a page.</summary>
internal static class PageParts
{
    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    /// <summary>Begins a page: its title and its heading, both markup, and its style sheets.</summary>
    public static void Begin(StringBuilder page, string title, string heading, params string[] styles)
    {
        string style = All(styles);
        page.Append($"""
            <!DOCTYPE html>
            <html xmlns="http://www.w3.org/1999/xhtml" lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>{title}</title>
            <style>
            {style}</style>
            </head>
            <body>
            <main>
            <h1>{heading}</h1>

            """);
    }

    /// <summary>Ends a page, with its scripts.</summary>
    public static void End(StringBuilder page, params string[] scripts)
    {
        string version = Markup.Text(GrulmVersion.Text), script = All(scripts);
        page.Append($"""
            <footer>Made by grulm {version}.</footer>
            </main>
            <script>
            {script}</script>
            </body>
            </html>

            """);
    }

    /// <summary>Style sheets or scripts as they stand in a page, one behind the other.</summary>
    public static string All(IEnumerable<string> names) => string.Concat(names.Select(Resource));

    /// <summary>What keeps a reader from trusting the page blindly.</summary>
    public static void WriteProblem(StringBuilder page, string problem) =>
        page.Append($"<p class=\"note problem\">{Markup.Text(problem)}</p>\n");

    /// <summary>Begins a table of rows with a name each.</summary>
    public static void BeginTable(StringBuilder page, string title) =>
        page.Append($"<section>\n<h2>{title}</h2>\n<div class=\"table\"><table>\n");

    /// <summary>Ends a table.</summary>
    public static void EndTable(StringBuilder page) => page.Append("</tbody>\n</table></div>\n</section>\n");

    /// <summary>The name of a file or folder without where it is: a page is made to be handed on, and whose disk it came from is nobody's
    /// business.</summary>
    public static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    /// <summary>How long a run took, in words.</summary>
    public static string Length(RunHistory history)
    {
        string time = Time(history.Seconds);
        return string.Create(s_invariant, $"{history.Steps:#,0} steps, {history.Tokens:#,0} tokens, {time} of training.");
    }

    /// <summary>The evaluation with the lowest loss; null when there is none.</summary>
    public static EvaluatedStep? Best(RunHistory history)
    {
        var finite = history.Evaluations.Where(evaluation => double.IsFinite(evaluation.Nll)).ToList();
        return finite.Count == 0 ? null : finite.MinBy(evaluation => evaluation.Nll);
    }

    /// <summary>A whole number as people write it: 1,200.</summary>
    public static string Number(double value) => value.ToString("#,0", s_invariant);

    /// <summary>A duration as people say it: 12s, 3m05s, 2h07m.</summary>
    public static string Time(double seconds)
    {
        if (!double.IsFinite(seconds)) return "?";
        if (seconds < 60) return string.Create(s_invariant, $"{seconds:0}s");
        var time = TimeSpan.FromSeconds(Math.Min(seconds, 1e8));
        return time.TotalHours < 1 ? $"{time.Minutes}m{time.Seconds:00}s" : $"{(int)time.TotalHours}h{time.Minutes:00}m";
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(PageParts).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
