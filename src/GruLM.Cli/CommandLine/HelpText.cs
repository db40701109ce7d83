// What --help shows: how to call the command, its flags with their defaults, examples that work as they stand. Plain text of the terminal's
// width, so that it reads the same through a pipe. Left out on purpose: names with underscores, which are accepted but not advertised.
using System.CommandLine;
using System.CommandLine.Invocation;

namespace GruLM.Cli;

internal static class HelpText
{
    private const int NameWidth = 30;

    /// <summary>Writes the help of a command.</summary>
    public static void Write(Command command, TextWriter output, int width)
    {
        string path = GrulmCommand.PathOf(command);
        string arguments =
            string.Concat(
            command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.HelpName ?? a.Name}]" : $" {a.HelpName ?? a.Name}"));
        output.WriteLine(command.Description);
        output.WriteLine();
        output.WriteLine($"Usage: {path}{(command.Subcommands.Count > 0 ? " COMMAND" : "")}{arguments} [flags]");

        Section(output, width, "Commands", command.Subcommands.Select(c => (c.Name, c.Description)));
        Section(output, width, "Arguments", command.Arguments.Select(a => (a.HelpName ?? a.Name, a.Description)));
        Section(output, width, "Flags", command.Options.Where(o => !o.Hidden)
            .Select(o => (NameOf(o), o.Required ? $"{o.Description} (required)" : o.Description)));

        if (command is GrulmCommand { Examples.Count: > 0 } own)
        {
            output.WriteLine();
            output.WriteLine("Examples:");
            foreach (string example in own.Examples)
            {
                output.WriteLine("  " + example);
            }
        }

        if (command.Subcommands.Count > 0)
        {
            output.WriteLine();
            output.WriteLine($"'{path} COMMAND --help' shows a command's flags and an example.");
        }
    }

    private static string NameOf(Option option)
    {
        IOrderedEnumerable<string> names = option.Aliases.Where(alias => alias.StartsWith('-') && !alias.Contains('_'))
            .Order(StringComparer.Ordinal).Append(option.Name).OrderBy(name => name.Length);
        return string.Join(", ", names) + (option.Arity.MaximumNumberOfValues == 0 ? "" : $" {option.HelpName ?? "VALUE"}");
    }

    private static void Section(TextWriter output, int width, string title, IEnumerable<(string Name, string? Text)> rows)
    {
        (string Name, string? Text)[] all = rows.ToArray();
        if (all.Length == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine(title + ":");
        int indent = Math.Min(NameWidth, all.Max(row => row.Name.Length) + 4);
        foreach ((string? name, string? text) in all)
        {
            string line = ("  " + name).PadRight(indent);
            if (line.Length > indent || !line.EndsWith(' '))
            {
                output.WriteLine(line);
                line = new string(' ', indent);
            }

            foreach (string word in (text ?? "").Split(' '))
            {
                if (line.Length + word.Length >= width && line.Length > indent)
                {
                    output.WriteLine(line.TrimEnd());
                    line = new string(' ', indent);
                }

                line += word + " ";
            }

            output.WriteLine(line.TrimEnd());
        }
    }
}

/// <summary>What <c>--help</c> and <c>--version</c> do; neither minds other mistakes on the line.</summary>
internal sealed class ShowAction(Action<ParseResult> show) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        show(parseResult);
        return ExitCode.Done;
    }
}
