// The script for PowerShell: a table of commands and a block that looks a word up in it. Where it has nothing to offer, PowerShell itself
// completes the names of files.

using System.Text;

namespace GruLM.Cli.Commands;

internal static class PowerShellScript
{
    private const string Tail = """
        }

        Register-ArgumentCompleter -Native -CommandName grulm -ScriptBlock {
            param($word, $line, $cursor)
            $command = ''
            $before = ''
            foreach ($element in $line.CommandElements | Select-Object -Skip 1) {
                if ($element.Extent.EndOffset -ge $cursor -and $word) { break }
                $before = $element.ToString()
                $path = "$command $before".Trim()
                if ($grulmCommands.ContainsKey($path)) { $command = $path }
            }
            $known = $grulmCommands[$command]
            $values = if ($word -like '-*') { $known.flags.Keys }
                elseif ($known.flags.ContainsKey($before) -and $null -ne $known.flags[$before]) { $known.flags[$before] }
                else { $known.words }
            $values | Where-Object { $_ -like "$word*" } | Sort-Object |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }.GetNewClosure()

        """;

    /// <summary>The script.</summary>
    public static string Of(IReadOnlyList<CompletedCommand> commands)
    {
        var text = new StringBuilder("# Completion of grulm for PowerShell, written by 'grulm completion pwsh'.\n$grulmCommands = @{\n");
        foreach (CompletedCommand command in commands)
        {
            IEnumerable<string> words = command.Commands.Count > 0
                ? command.Commands.Select(sub => sub.Name)
                : command.Argument?.Words ?? [];
            text.Append($"    '{command.Path}' = @{{\n        words = {List(words)}\n        flags = @{{\n");
            foreach (CompletedFlag flag in command.Flags)
            {
                string values = flag.Value is null ? "$null" : List(flag.Value.Words);
                foreach (string name in flag.Names) text.Append($"            '{name}' = {values}\n");
            }

            text.Append("        }\n    }\n");
        }

        return text.Append(Tail).ToString().ReplaceLineEndings("\n");
    }

    private static string List(IEnumerable<string> words) => $"@({string.Join(", ", words.Select(word => $"'{word}'"))})";
}
