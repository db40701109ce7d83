// What --help shows: how to call the command, its flags with their defaults, examples that work as they stand. Plain text of the terminal's
// width, so that it reads the same through a pipe. Left out on purpose: names with underscores, which are accepted but not advertised.
using System.CommandLine;

namespace GruLM.Cli;

internal static class HelpText
{
    private const int NameWidth = 30;

    /// <summary>Writes the help of a command.</summary>
    public static void Write(Command command, TextWriter output, int width)
    {
        string path = GrulmCommand.PathOf(command);
        string subcommand = command.Subcommands.Count > 0 ? " COMMAND" : "";
        string arguments = string.Concat(command.Arguments.Select(Usage));
        output.WriteLine(ProgramName.In(command.Description ?? ""));
        output.WriteLine();
        output.WriteLine($"Usage: {path}{subcommand}{arguments} [flags]");

        WriteSection(output, width, "Commands", command.Subcommands.Select(c => (c.Name, c.Description)));
        WriteSection(output, width, "Arguments", command.Arguments.Select(a => (NameOf(a), a.Description)));
        foreach ((string title, IEnumerable<Option> flags) in SectionsOf(command))
        {
            WriteSection(output, width, title, flags.Where(o => !o.Hidden).Select(o => (NameOf(o), DescriptionOf(o))));
        }

        if (command is GrulmCommand { Examples.Count: > 0 } own)
        {
            output.WriteLine();
            output.WriteLine("Examples:");
            foreach (string example in own.Examples) output.WriteLine("  " + ProgramName.In(example));
        }

        if (command.Subcommands.Count > 0)
        {
            output.WriteLine();
            output.WriteLine($"'{path} COMMAND --help' shows a command's flags and an example.");
        }
    }

    private static IEnumerable<(string Title, IEnumerable<Option> Flags)> SectionsOf(Command command) =>
        command is GrulmCommand { Sections: { Count: > 0 } sections }
            ? sections.Select(section => (section.Title, section.Flags.AsEnumerable()))
            : [("Flags", command.Options)];

    private static string Usage(Argument argument) =>
        argument.Arity.MinimumNumberOfValues == 0 ? $" [{NameOf(argument)}]" : $" {NameOf(argument)}";

    private static string NameOf(Argument argument) => argument.HelpName ?? argument.Name;

    private static string? DescriptionOf(Option option) => option.Required ? $"{option.Description} (required)" : option.Description;

    private static string NameOf(Option option)
    {
        IEnumerable<string> names = option.Aliases.Where(alias => alias.StartsWith('-') && !alias.Contains('_'))
            .Order(StringComparer.Ordinal).Append(option.Name).OrderBy(name => name.Length);
        string value = option.Arity.MaximumNumberOfValues == 0 ? "" : " " + (option.HelpName ?? "VALUE");
        return string.Join(", ", names) + value;
    }

    private static void WriteSection(TextWriter output, int width, string title, IEnumerable<(string Name, string? Text)> rows)
    {
        (string Name, string? Text)[] all = [.. rows];
        if (all.Length == 0) return;
        output.WriteLine();
        output.WriteLine(title + ":");
        int indent = Math.Min(NameWidth, all.Max(row => row.Name.Length) + 4);
        foreach ((string name, string? text) in all) WriteRow(output, width, indent, name, ProgramName.In(text ?? ""));
    }

    // The text begins on the line of the name where that leaves room, and is wrapped between words.
    private static void WriteRow(TextWriter output, int width, int indent, string name, string text)
    {
        string line = ("  " + name).PadRight(indent);
        if (line.Length > indent || !line.EndsWith(' '))
        {
            output.WriteLine(line);
            line = new string(' ', indent);
        }

        foreach (string word in text.Split(' '))
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
