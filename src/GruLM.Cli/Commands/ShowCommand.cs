// The flags of grulm show. The work is in Runs/ShowRun.cs.

using System.CommandLine;
using GruLM.Cli.Runs;

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
                var settings = new ShowSettings(
                    flags.GetValue(folder)!, flags.GetValue(other), flags.GetValue(json), flags.GetValue(html), flags.GetValue(overwrite));
                return ShowRun.Run(settings, session);
            });
    }
}
