// grulm show: what a model folder holds, or two of them side by side. What there is to tell, and the page, come from the library
// (GruLM/Report); lines and JSON are written by ModelListing.cs.

using System.CommandLine;
using GruLM.Report;

namespace GruLM.Cli.Commands;

internal static class ShowCommand
{
    public static GrulmCommand Create()
    {
        var folder = new Argument<string>("DIR") { Description = "a model folder" };
        var other = new Argument<string?>("DIR2")
        {
            Description = "another one, to show beside it",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => null,
        };
        Option<bool> json = Flags.Json();
        Option<string?> html = Flags.Text(
            "--html", "FILE",
            "write a page instead, complete in one file: the curves of the training, settings, best figures, samples over time");
        Option<bool> overwrite = Flags.Switch("--overwrite", "replace the FILE of --html");
        return new GrulmCommand(
            "show",
            "Show what a model is: sizes, parameters, tokenizer, training so far; or two models side by side.",
            ["grulm show model", "grulm show model --html report.html", "grulm show model other --html comparison.html"],
            [folder, other, json, html, overwrite],
            (flags, session) =>
            {
                string first = flags.GetValue(folder)!;
                string? second = flags.GetValue(other), page = flags.GetValue(html);
                bool isJson = flags.GetValue(json);
                CheckPage(page, flags.GetValue(overwrite));
                if (page is not null)
                {
                    if (second is null) RunReport.Write(first, page);
                    else RunReport.WriteComparison(first, second, page);
                    session.Error.WriteLine($"report in {page}");
                    if (!isJson) return ExitCode.Done;
                }

                ModelListing.Write(first, second, isJson, session.Output);
                return ExitCode.Done;
            });
    }

    private static void CheckPage(string? html, bool overwrite)
    {
        if (overwrite && html is null) throw new UsageException("--overwrite is for the file of --html, which is missing");
        if (html is not null && !overwrite && File.Exists(html))
        {
            throw new IOException($"{html}: exists already; choose another file for --html, or --overwrite to replace it");
        }
    }
}
