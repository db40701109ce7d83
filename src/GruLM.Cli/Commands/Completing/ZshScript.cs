// The script for zsh: a function a command, each a list of what _arguments is to offer, so that zsh shows what every flag does. It works as
// a file of zsh's path of functions and when it is sourced.

using System.Text;

namespace GruLM.Cli.Commands;

internal static class ZshScript
{
    private const string Tail = """
        if [[ $funcstack[1] == _grulm ]]; then _grulm "$@"; else compdef _grulm grulm; fi

        """;

    /// <summary>The script.</summary>
    public static string Of(IReadOnlyList<CompletedCommand> commands)
    {
        var text = new StringBuilder("#compdef grulm\n# Completion of grulm for zsh, written by 'grulm completion zsh'.\n\n");
        foreach (CompletedCommand command in commands)
        {
            text.Append($"{FunctionOf(command.Path)}() {{\n");
            string[] specs = [.. command.Flags.SelectMany(Specs)];
            if (command.Commands.Count == 0) AppendCommand(text, specs, command.Argument);
            else AppendGroup(text, specs, command);
            text.Append("}\n\n");
        }

        return text.Append(Tail).ToString().ReplaceLineEndings("\n");
    }

    private static void AppendCommand(StringBuilder text, string[] specs, CompletedValue? argument)
    {
        string[] all = argument is null ? specs : [.. specs, $"'*:word:{Action(argument)}'"];
        text.Append("  _arguments " + string.Join(" \\\n    ", all) + "\n");
    }

    private static void AppendGroup(StringBuilder text, string[] specs, CompletedCommand group)
    {
        text.Append("  local curcontext=$curcontext state line\n  typeset -A opt_args\n  local -a commands=(\n");
        foreach ((string name, string help) in group.Commands) text.Append($"    {Quoted($"{name}:{help}")}\n");
        text.Append("  )\n  _arguments -C " + string.Join(" \\\n    ", [.. specs, "'1: :->command'", "'*:: :->rest'"]) + "\n");
        text.Append("  case $state in\n    command) _describe command commands ;;\n    rest)\n      case $line[1] in\n");
        foreach ((string name, string _) in group.Commands)
        {
            text.Append($"        {name}) {FunctionOf($"{group.Path} {name}".Trim())} ;;\n");
        }

        text.Append("      esac ;;\n  esac\n");
    }

    private static string FunctionOf(string path) => path.Length == 0 ? "_grulm" : "_grulm_" + path.Replace(' ', '_');

    // A flag may be given again; a list takes words up to the next flag.
    private static IEnumerable<string> Specs(CompletedFlag flag)
    {
        string help = flag.Help;
        foreach (string special in (string[])["\\", "[", "]", ":"]) help = help.Replace(special, "\\" + special, StringComparison.Ordinal);
        string value = flag.Value is null ? "" : flag.IsList ? $":*-*:value:{Action(flag.Value)}" : $":value:{Action(flag.Value)}";
        return flag.Names.Select(name => Quoted($"*{name}[{help}]{value}"));
    }

    private static string Action(CompletedValue value) =>
        value.Words.Count > 0 ? $"({string.Join(' ', value.Words)})" : value.IsFile ? "_files" : value.IsFolder ? "_files -/" : " ";

    private static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
