// The flags of grulm show. The work is in Runs/ShowRun.cs.

using System.CommandLine;
using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class ShowCommand
{
    public static GrulmCommand Create()
    {
        var folder = new Argument<string>("DIR") { Description = "a model folder" };
        var json = Flags.Json();
        return new GrulmCommand(
            "show",
            "Show what a model is: sizes, parameters, tokenizer, training so far.",
            ["grulm show model"],
            [folder, json],
            (flags, session) => ShowRun.Run(flags.GetValue(folder)!, flags.GetValue(json), session.Output));
    }
}
