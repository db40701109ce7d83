// The composition root: the one place that knows every command. A command is a class in Commands/, named after it, whose
// Create() gives a GrulmCommand; it is listed here, in the order in which help shows it, once it does its work.
using GruLM.Cli;
using GruLM.Cli.Commands;

ParquetFiles.Register();
return CommandLine.Run(args, Commands(args));

internal static partial class Program
{
    /// <summary>All commands; train without its flags, which take a while to make, where the line needs none of
    /// them.</summary>
    internal static IReadOnlyList<GrulmCommand> Commands(string[]? args = null) =>
    [
        DemoCommand.Create(), TokenizerCommand.Create(),
        TrainCommand.Create(withFlags: args is null || args.Any(word => word is TrainCommand.Name or CompletionCommand.Name)),
        EvalCommand.Create(), ScoreCommand.Create(), GenerateCommand.Create(), ChatCommand.Create(),
        ServeCommand.Create(),
        CompressCommand.Create(), ExpandCommand.Create(), ShowCommand.Create(),
        ImportCommand.Create(), ExportCommand.Create(), BenchCommand.Create(), CompletionCommand.Create(),
    ];
}
