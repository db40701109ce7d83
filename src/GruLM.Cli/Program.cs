// The composition root: the one place that knows every command. A command is a class in Commands/, named after it, whose
// Create() gives a GrulmCommand; it is listed here, in the order in which help shows it, once it does its work.
using GruLM.Cli;
using GruLM.Cli.Commands;

return CommandLine.Run(args, Commands());

internal static partial class Program
{
    internal static IReadOnlyList<GrulmCommand> Commands() =>
    [
        DemoCommand.Create(), TokenizerCommand.Create(), TrainCommand.Create(), EvalCommand.Create(), ScoreCommand.Create(),
        GenerateCommand.Create(), ChatCommand.Create(), ShowCommand.Create(), BenchCommand.Create(),
    ];
}
