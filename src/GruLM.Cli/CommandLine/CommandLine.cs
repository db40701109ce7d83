// From the words of a command line to a command's work and its exit code. System.CommandLine splits the line; the sentences about what is
// wrong with it are LineCheck's: one line on standard error that names the nearest known name, exit code 2, and no page of help.
// Left out on purpose: response files (a prompt may begin with @), directives, and bundled short flags.
using System.CommandLine;
using System.CommandLine.Help;
using GruLM.Cli.Commands;
using GruLM.Distributed;

namespace GruLM.Cli;

internal static class CommandLine
{
    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private static readonly TimeSpan s_toSpeak = TimeSpan.FromSeconds(3);

    private static readonly string[] s_rootExamples =
    [
        "grulm demo",
        "grulm train --data book.txt --out-dir model",
        "grulm generate --model model --prompt \"Once upon a time\"",
    ];

    /// <summary>Runs the command that <paramref name="args"/> name, on this process's streams and signals.</summary>
    public static int Run(string[] args, IReadOnlyList<GrulmCommand> commands)
    {
        Session.ForgetTerminalOfLauncher();
        using var signals = new StopSignals();

        // Processes that work together say everything once.
        if (IsForAll(args) && Launcher.IsPresent && Launcher.Rank > 0) return RunQuietly(args, commands, signals);
        using var session = Session.OfProcess(signals);
        int code = Run(args, commands, session);
        RankGroup.Leave(code is ExitCode.Failed or ExitCode.BadUsage ? "ended with an error" : null);
        return code;
    }

    /// <summary>Runs the command that <paramref name="args"/> name, and returns the exit code.</summary>
    public static int Run(string[] args, IReadOnlyList<GrulmCommand> commands, Session session)
    {
        try
        {
            RootCommand root = Root(commands, session);
            if (args.Length == 0)
            {
                HelpText.Write(root, session.Error, Width());
                return ExitCode.BadUsage;
            }

            int code = Run(args is ["help", .. string[] words] ? [.. words, "--help"] : args, root, session);
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

    // The commands that several processes do together.
    private static bool IsForAll(string[] args) => args
        is [TrainCommand.Name or ScoreCommand.Name, ..]
        or [BenchCommand.Name, BenchCommand.Train, ..]
        or [TokenizerCommand.Name, TokenizerEncodeCommand.Name, ..];

    // What goes wrong here is told to the process that speaks, once there is a group. The launcher ends all processes when one has
    // failed, so that one gets some time to speak; what it did not hear of is said here.
    private static int RunQuietly(string[] args, IReadOnlyList<GrulmCommand> commands, StopSignals signals)
    {
        signals.IsQuiet = true;
        using var said = new StringWriter();
        using var session = new Session(Stream.Null, Stream.Null, said, errorIsTerminal: false, signals.Token)
        {
            Deadline = signals.Deadline,
        };
        int code = Run(args, commands, session);
        bool failed = code is ExitCode.Failed or ExitCode.BadUsage;
        RankGroup.Leave(failed ? Reason(said.ToString()) : null);
        if (!failed || signals.Token.WaitHandle.WaitOne(s_toSpeak)) return code;
        if (!RankGroup.IsJoined || RankGroup.HasFailedHere) Console.Error.Write($"rank {Launcher.Rank}: {said}");
        return code;
    }

    // The last of what was said, which is why it ended.
    private static string Reason(string said)
    {
        string line = said.TrimEnd().Split('\n')[^1];
        return line.StartsWith(Failure.Mark, StringComparison.Ordinal) ? line[Failure.Mark.Length..] : "ended with an error";
    }

    private static int Run(string[] args, RootCommand root, Session session)
    {
        ParseResult flags = root.Parse(args, s_parsing);
        if (flags.Action is ShowAction show)
        {
            LineCheck.CheckCommand(flags, args);
            return show.Invoke(flags);
        }

        LineCheck.Check(flags, args);

        // A group without one of its commands has not passed the check.
        var command = (GrulmCommand)flags.CommandResult.Command;
        return command.Work!(flags, session);
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
                    version.Action = new ShowAction(_ => session.Output.WriteLine($"grulm {GrulmVersion.Text}"));
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
            session.Output.WriteLine("\nExamples:\n  " + string.Join("\n  ", s_rootExamples.Select(ProgramName.In)));
        }
    }

    private static int Width() => Console.IsOutputRedirected ? 100 : Math.Clamp(Console.WindowWidth, 60, 120);
}
