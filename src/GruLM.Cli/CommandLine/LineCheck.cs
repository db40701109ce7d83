// What is wrong with a command line, in a sentence of ours: System.CommandLine's own sentences do not tell what to do about it. Unknown
// names come with the nearest known one.
using System.CommandLine;
using System.CommandLine.Parsing;

namespace GruLM.Cli;

/// <summary>Checks a parsed command line.</summary>
internal static class LineCheck
{
    /// <summary>Throws for the first thing that is wrong with the line, unknown names first, since they explain the others.</summary>
    /// <exception cref="UsageException">Something is wrong.</exception>
    public static void Check(ParseResult flags)
    {
        if (flags.Errors is not [var error, ..]) return;
        Command command = flags.CommandResult.Command;
        string path = GrulmCommand.PathOf(command);
        string sentence = flags.UnmatchedTokens is [var unknown, ..] ? Unknown(unknown, command, path) : Sentence(error, command, path);
        throw new UsageException(sentence);
    }

    private static bool IsMissing(SymbolResult? symbol) => symbol is OptionResult { Option.Required: true, Implicit: true };

    private static string Sentence(ParseError error, Command command, string path)
    {
        switch (error.SymbolResult)
        {
            case OptionResult result when IsMissing(result):
                return $"{result.Option.Name} is required for '{path}'; see '{path} --help'";
            case OptionResult { Tokens.Count: 0 } result when result.Option.Arity.MinimumNumberOfValues > 0:
                return $"{result.Option.Name} needs a value; see '{path} --help'";
            case OptionResult { Tokens.Count: > 1 } result when result.Option.Arity.MaximumNumberOfValues == 1:
                string values = string.Join(", ", result.Tokens.Select(token => token.Value));
                return $"{result.Option.Name} was given more than once: {values}";
            case ArgumentResult { Tokens.Count: 0 } result:
                string name = result.Argument.HelpName ?? result.Argument.Name;
                return $"{name} is missing; see '{path} --help'";
        }

        if (command.Subcommands.Count == 0) return error.Message;
        string words = string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name));
        return $"'{path}' needs one more word: {words}";
    }

    private static string Unknown(string word, Command command, string path)
    {
        if (word.Length > 1 && word[0] == '-')
        {
            string name = word.Split('=')[0];
            return $"unknown option {name} for '{path}'" + NearestName.Hint(name, command.Options.Select(option => option.Name));
        }

        if (command.Subcommands.Count == 0)
        {
            return $"unexpected argument '{word}' for '{path}'; text with spaces is put in quotation marks";
        }

        string hint = NearestName.Hint(word, command.Subcommands.Select(subcommand => subcommand.Name));
        string advice = hint.Length > 0 ? hint : $"; see '{path} --help'";
        return $"unknown command '{word}' for '{path}'{advice}";
    }
}
