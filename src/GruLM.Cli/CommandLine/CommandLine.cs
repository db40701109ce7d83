// From the words of a command line to a command's work and its exit code. System.CommandLine splits the line; the sentences about what is
// wrong with it are ours: one line on standard error that names the nearest known name, exit code 2, and no page of help.
// Left out on purpose: response files (a prompt may begin with @), directives, and bundled short flags.
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Reflection;
using GruLM.Cli.Runs;

namespace GruLM.Cli;

internal static class CommandLine
{
    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private static readonly string[] s_rootExamples =
    [
        "grulm demo",
        "grulm train --data book.txt --out-dir model",
        "grulm generate --model model --prompt \"Once upon a time\"",
    ];

    /// <summary>The version without what source control adds to it.</summary>
    public static string Version =>
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? "unknown";

    /// <summary>Runs the command that <paramref name="args"/> name, on this process's streams and signals.</summary>
    public static int Run(string[] args, IReadOnlyList<GrulmCommand> commands)
    {
        using var signals = new StopSignals();
        using var session = Session.OfProcess(signals.Token);
        return Run(args, commands, session);
    }

    /// <summary>Runs the command that <paramref name="args"/> name, and returns the exit code.</summary>
    public static int Run(string[] args, IReadOnlyList<GrulmCommand> commands, Session session)
    {
        try
        {
            if (args is ["help", .. var rest])
            {
                args = [.. rest, "--help"];
            }

            RootCommand root = Root(commands, session);
            ParseResult flags = root.Parse(args, s_parsing);
            if (flags.Action is ShowAction show)
            {
                int shown = show.Invoke(flags);
                session.Output.Flush();
                return shown;
            }

            if (args.Length == 0)
            {
                HelpText.Write(root, session.Error, Width());
                return ExitCode.BadUsage;
            }

            string? config = ConfigFile.PathIn(flags), resumed = ResumeFlag.FolderIn(flags);

            // What is required may stand in the file; the second check sees both.
            Check(flags, ignoreMissing: config is not null || resumed is not null);
            if (resumed is not null)
            {
                flags = root.Parse(ResumeFlag.Expand(args, flags, resumed), s_parsing);
                Check(flags, prefix: SettingsFile.PathIn(resumed) + ": ");
            }
            else if (config is not null)
            {
                args = ConfigFile.Expand(args, flags, config);
                flags = root.Parse(args, s_parsing);
                Check(flags, prefix: config + ": ");
            }

            string? preset = Preset.In(flags);
            if (resumed is null && TimedPreset.Choose(flags, preset) is { } fitting && fitting != preset)
            {
                session.Error.WriteLine(preset is null
                    ? $"--minutes alone: training with the settings of --preset {fitting} (any flag on sizes or learning makes them yours)"
                    : $"too few minutes for --preset {preset}: training with the settings of --preset {fitting}, which learns more in so little time");
                preset = fitting;
            }

            if (preset is not null)
            {
                flags = root.Parse(Preset.Expand(args, flags, preset), s_parsing);
            }

            // A group without one of its commands has not passed the check.
            var command = (GrulmCommand)flags.CommandResult.Command;
            int code = command.Work!(flags, session);
            session.Output.Flush();
            return code;
        }
        catch (Exception e)
        {
            // What was written so far comes before the line that says why it ends.
            session.Dispose();
            return Failure.Report(e, session.Error);
        }
    }

    private static RootCommand Root(IReadOnlyList<GrulmCommand> commands, Session session)
    {
        var root = new RootCommand(
            "GruLM trains small recurrent language models on your own text, on an ordinary CPU, and generates from them.");
        root.Directives.Clear();
        foreach (GrulmCommand command in commands)
        {
            root.Add(command);
        }

        foreach (Option option in root.Options)
        {
            switch (option)
            {
                case HelpOption help:
                    help.Description = "show this help";
                    help.Aliases.Clear();
                    help.Aliases.Add("-h");
                    help.Action = new ShowAction(flags => ShowHelp(flags, session));
                    break;
                case VersionOption version:
                    version.Description = "show the version";
                    version.Action = new ShowAction(_ => session.Output.WriteLine($"grulm {Version}"));
                    break;
            }
        }

        return root;
    }

    private static void ShowHelp(ParseResult flags, Session session)
    {
        Command command = flags.CommandResult.Command;
        HelpText.Write(command, session.Output, Width());
        if (command is RootCommand { Subcommands.Count: > 0 })
        {
            session.Output.WriteLine("\nExamples:\n  " + string.Join("\n  ", s_rootExamples));
        }
    }

    private static int Width() => Console.IsOutputRedirected ? 100 : Math.Clamp(Console.WindowWidth, 60, 120);

    /// <summary>Throws for the first thing that is wrong with the line, unknown names first, since they explain the rest.</summary>
    private static void Check(ParseResult flags, bool ignoreMissing = false, string prefix = "")
    {
        var errors = flags.Errors.Where(e => !(ignoreMissing && e.SymbolResult is OptionResult { Option.Required: true, Implicit: true }))
            .ToList();
        if (errors.Count == 0)
        {
            return;
        }

        Command command = flags.CommandResult.Command;
        string path = GrulmCommand.PathOf(command);
        if (flags.UnmatchedTokens is [var unknown, ..])
        {
            throw new UsageException(prefix + Unknown(unknown, command, path));
        }

        ParseError error = errors[0];
        throw error.SymbolResult switch
        {
            OptionResult { Option.Required: true, Implicit: true } result =>
                Usage($"{result.Option.Name} is required for '{path}'; see '{path} --help'"),
            OptionResult { Tokens.Count: 0 } result when result.Option.Arity.MinimumNumberOfValues > 0 =>
                Usage($"{result.Option.Name} needs a value; see '{path} --help'"),
            OptionResult { Tokens.Count: > 1 } result when result.Option.Arity.MaximumNumberOfValues == 1 =>
                Usage($"{result.Option.Name} was given more than once: {string.Join(", ", result.Tokens.Select(t => t.Value))}"),
            ArgumentResult { Tokens.Count: 0 } result => Usage(
                $"{result.Argument.HelpName ?? result.Argument.Name} is missing; see '{path} --help'"),
            _ when command.Subcommands.Count > 0 =>
                Usage($"'{path}' needs one more word: {string.Join(", ", command.Subcommands.Select(c => c.Name))}"),
            _ => Usage(error.Message),
        };

        UsageException Usage(string message) => new(prefix + message);
    }

    private static string Unknown(string word, Command command, string path)
    {
        if (word.Length > 1 && word[0] == '-')
        {
            string name = word.Split('=')[0];
            return $"unknown option {name} for '{path}'{NearestName.Hint(name, command.Options.Select(o => o.Name))}";
        }

        if (command.Subcommands.Count > 0)
        {
            string hint = NearestName.Hint(word, command.Subcommands.Select(c => c.Name));
            return $"unknown command '{word}' for '{path}'{(hint.Length > 0 ? hint : $"; see '{path} --help'")}";
        }

        return $"unexpected argument '{word}' for '{path}'; text with spaces is put in quotation marks";
    }
}
