// A command as shells complete it: the words that call it, and what can follow them.

using System.CommandLine;

namespace GruLM.Cli.Commands;

/// <summary>A command, or a group of them.</summary>
/// <param name="Path">The words that call it, such as <c>tokenizer train</c>; empty for the program itself.</param>
/// <param name="Help">What it does, in a sentence.</param>
/// <param name="Commands">The commands of a group, each with what it does.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Argument">What its words without a flag are; null where there are none.</param>
internal sealed record CompletedCommand(
    string Path, string Help, IReadOnlyList<(string Name, string Help)> Commands, IReadOnlyList<CompletedFlag> Flags,
    CompletedValue? Argument)
{
    /// <summary>The program and all of its commands.</summary>
    public static IReadOnlyList<CompletedCommand> AllOf(Command root) => [.. All(root, "", [])];

    private static IEnumerable<CompletedCommand> All(Command command, string path, IReadOnlyList<Option> inherited)
    {
        Option[] flags = [.. command.Options.Concat(inherited).Where(option => !option.Hidden)];
        Argument? argument = command.Arguments.FirstOrDefault();
        yield return new CompletedCommand(
            path,
            Sentence(command),
            [.. command.Subcommands.Select(sub => (sub.Name, Sentence(sub)))],
            [.. flags.Select(CompletedFlag.Of)],
            argument is null ? null : CompletedValue.Of(argument.HelpName ?? argument.Name));
        Option[] recursive = [.. flags.Where(option => option.Recursive)];
        foreach (CompletedCommand sub in command.Subcommands.SelectMany(sub => All(sub, $"{path} {sub.Name}".Trim(), recursive)))
        {
            yield return sub;
        }
    }

    // The first of a description.
    private static string Sentence(Command command)
    {
        string text = command.Description ?? "";
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? text : text[..(end + 1)];
    }
}
