// A command as the rest of this program sees it: System.CommandLine's, with an example that --help shows and work that is given a Session.
// Left out on purpose: asynchronous commands; nothing here waits for more than one thing at a time.
using System.CommandLine;

namespace GruLM.Cli;

/// <summary>A command such as <c>grulm train</c>, or a group of commands such as <c>grulm tokenizer</c>.</summary>
internal sealed class GrulmCommand : Command
{
    /// <summary>A command that does its work in <paramref name="run"/> and returns the exit code.</summary>
    public GrulmCommand(string name, string description, string[] examples, IEnumerable<Symbol> flags, Func<ParseResult, Session, int> run)
        : base(name, description)
    {
        Examples = examples;
        Work = run;
        foreach (Symbol flag in flags)
        {
            if (flag is Argument argument)
            {
                Add(argument);
            }
            else
            {
                Add((Option)flag);
            }
        }
    }

    /// <summary>A group of commands; alone it does nothing.</summary>
    public GrulmCommand(string name, string description, string[] examples, params GrulmCommand[] commands)
        : base(name, description)
    {
        Examples = examples;
        foreach (GrulmCommand command in commands)
        {
            Add(command);
        }
    }

    /// <summary>Command lines that work as they stand.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>The groups that help shows the flags in; empty: all in one.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<Option> Flags)> Sections { get; init; } = [];

    /// <summary>What the command does; null for a group.</summary>
    public Func<ParseResult, Session, int>? Work { get; }

    /// <summary>The words that call it here, such as <c>./grulm tokenizer train</c>: for lines that are copied.</summary>
    public static string PathOf(Command command)
    {
        Command? parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? ProgramName.Text : $"{PathOf(parent)} {command.Name}";
    }

    /// <summary>Its name, such as <c>grulm tokenizer train</c>.</summary>
    public static string NameOf(Command command)
    {
        Command? parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "grulm" : $"{NameOf(parent)} {command.Name}";
    }
}
