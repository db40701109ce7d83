// grulm completion: a script that completes command lines in a shell. It is written out of the commands themselves, once, and needs nothing
// of grulm afterwards: no key press starts a program.

using System.CommandLine;

namespace GruLM.Cli.Commands;

internal static class CompletionCommand
{
    /// <summary>The word that calls it.</summary>
    public const string Name = "completion";

    private static readonly string[] s_shells = ["bash", "zsh", "pwsh"];

    public static GrulmCommand Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or pwsh (PowerShell)", HelpName = string.Join('|', s_shells) };
        return new GrulmCommand(
            Name,
            "Write a script with which a shell completes commands, flags, values and files when the Tab key is pressed.",
            [
                "grulm completion bash > ~/.local/share/bash-completion/completions/grulm",
                "grulm completion zsh > ~/.zfunc/_grulm",
                "grulm completion pwsh >> $PROFILE",
            ],
            [shell],
            (line, session) =>
            {
                session.Output.Write(Script(line.GetValue(shell)!, CompletedCommand.AllOf(line.RootCommandResult.Command)));
                return ExitCode.Done;
            });
    }

    /// <summary>The script for a shell.</summary>
    /// <exception cref="UsageException">There is none for it.</exception>
    internal static string Script(string shell, IReadOnlyList<CompletedCommand> commands) => shell switch
    {
        "bash" => BashScript.Of(commands),
        "zsh" => ZshScript.Of(commands),
        "pwsh" or "powershell" => PowerShellScript.Of(commands),
        _ => throw new UsageException(
            $"'{shell}': one of {string.Join(", ", s_shells)} was expected{NearestName.Hint(shell, s_shells)}"),
    };
}
