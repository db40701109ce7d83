// What is wrong with a command line, in a sentence of ours: System.CommandLine's own sentences do not tell what to do about it. Unknown
// names come with the nearest known one.
using System.CommandLine;
using System.CommandLine.Parsing;

namespace GruLM.Cli;

/// <summary>Checks a parsed command line.</summary>
internal static class LineCheck
{
    // What a word without a flag was probably meant for: a folder, a file, anything else.
    private static readonly string[] s_forFolders = ["--model", "--data"];
    private static readonly string[] s_forFiles = ["--data", "--input", "--model"];
    private static readonly string[] s_forTexts = ["--prompt", "--model", "--data"];

    // What other programs call what is here under another name.
    private static readonly Dictionary<string, string> s_otherNames = new()
    {
        ["resume"] = "train --resume",
        ["continue"] = "train --resume",
        ["finetune"] = "train --init-from",
        ["fine-tune"] = "train --init-from",
        ["evaluate"] = "eval",
        ["test"] = "eval",
        ["perplexity"] = "eval",
        ["sample"] = "generate",
        ["complete"] = "generate",
        ["run"] = "generate",
        ["tokenize"] = "tokenizer encode",
        ["encode"] = "tokenizer encode",
        ["decode"] = "tokenizer decode",
        ["decompress"] = "expand",
        ["convert"] = "export",
        ["info"] = "show",
        ["server"] = "serve",
        ["version"] = "--version",
    };

    /// <summary>Throws for the first thing that is wrong with the line, unknown names first, since they explain the others.</summary>
    /// <param name="flags">The line, parsed.</param>
    /// <param name="words">The line as it was given.</param>
    /// <exception cref="UsageException">Something is wrong.</exception>
    public static void Check(ParseResult flags, IReadOnlyList<string> words)
    {
        CheckCommand(flags, words);
        UnknownFlags.Check(words, flags.CommandResult.Command);
        if (flags.Errors is not [var error, ..]) return;
        Command command = flags.CommandResult.Command;
        (string name, string path) = (GrulmCommand.NameOf(command), GrulmCommand.PathOf(command));
        string sentence = flags.UnmatchedTokens is [var unknown, ..]
            ? Unknown(unknown, flags, words)
            : Sentence(error, command, name, path);
        throw new UsageException(sentence);
    }

    /// <summary>Throws where a word that was to name a command names none, whose help nobody can show.</summary>
    /// <exception cref="UsageException">It names none.</exception>
    public static void CheckCommand(ParseResult flags, IReadOnlyList<string> words)
    {
        if (flags.CommandResult.Command.Subcommands.Count == 0 || flags.UnmatchedTokens is not [var unknown, ..]) return;
        if (unknown[0] != '-') throw new UsageException(Unknown(unknown, flags, words));
    }

    private static bool IsMissing(SymbolResult? symbol) => symbol is OptionResult { Option.Required: true, Implicit: true };

    private static string Sentence(ParseError error, Command command, string owner, string path)
    {
        switch (error.SymbolResult)
        {
            case OptionResult result when IsMissing(result):
                return $"{result.Option.Name} is required for '{owner}'; see '{path} --help'";
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
        return $"'{owner}' needs one more word: {words}";
    }

    private static string Unknown(string word, ParseResult flags, IReadOnlyList<string> words)
    {
        Command command = flags.CommandResult.Command;
        (string owner, string path) = (GrulmCommand.NameOf(command), GrulmCommand.PathOf(command));
        Option? before = UnknownFlags.Before(word, words, command);

        // A dash that a word processor made long is none of the texts that are expected here.
        if (word.Length > 1 && word[0] is '-' or '–' or '—' or '−') return UnknownFlags.Sentence(word.Split('=')[0], word, null, command);
        if (command.Subcommands.Count == 0)
        {
            return UnknownFlags.ForSwitch(word, before, command) ?? Unexpected(word, before, flags, owner, path);
        }

        string hint = command is RootCommand && s_otherNames.TryGetValue(word, out string? known)
            ? $"; did you mean {known}?"
            : NearestName.Hint(word, command.Subcommands.Select(subcommand => subcommand.Name));
        string advice = hint.Length > 0 ? hint : $"; see '{path} --help'";
        return $"unknown command '{word}' for '{owner}'{advice}";
    }

    private static string Unexpected(string word, Option? before, ParseResult flags, string owner, string path)
    {
        if (before is not null && CanRepeat(before))
        {
            return $"several words behind {before.Name}, '{word}' among them: put a text with spaces in quotation marks, "
                + $"or repeat {before.Name} for another text";
        }

        string[] likely = Directory.Exists(word) ? s_forFolders : File.Exists(word) ? s_forFiles : s_forTexts;
        Option? meant = likely.SelectMany(name => flags.CommandResult.Command.Options.Where(option => option.Name == name))
            .FirstOrDefault(option => CanRepeat(option) || !flags.Given(option));
        IList<Argument> arguments = flags.CommandResult.Command.Arguments;
        bool isTaken = arguments is [{ Arity.MaximumNumberOfValues: 1 }] && !(meant is not null && Directory.Exists(word));
        string advice = isTaken ? Taken(arguments[0], flags)
            : meant is not null ? $"use {meant.Name}: {meant.Name} {ShellWord.Of(word)}"
            : before?.Arity.MaximumNumberOfValues == 1 ? $"{before.Name} takes one word: put a text with spaces in quotation marks"
            : arguments.Count > 0 ? $"nothing more was expected; see '{path} --help'"
            : $"it takes flags only; see '{path} --help'";
        return $"unexpected argument '{word}' for '{owner}'; {advice}";
    }

    private static string Taken(Argument argument, ParseResult flags)
    {
        string given = flags.GetResult(argument)?.Tokens is [var first, ..] ? first.Value : "";
        return $"{argument.HelpName ?? argument.Name} is '{given}' already, and is one; put a name with spaces in quotation marks";
    }

    private static bool CanRepeat(Option option) => option.Arity.MaximumNumberOfValues > 1;
}
