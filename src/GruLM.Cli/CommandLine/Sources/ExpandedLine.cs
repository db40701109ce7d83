// A command line with what its flags refer to put into it: the settings of --config FILE, of the run of --resume DIR, of --preset NAME or
// of the preset that fits into --minutes. Each becomes flags behind those that were typed, and the line is parsed anew; so every check and
// message is that of the flags, and what was typed wins.
using System.CommandLine;
using GruLM.Cli.Runs;

namespace GruLM.Cli;

/// <summary>Completes command lines. <paramref name="messages"/> is told of a preset that was chosen.</summary>
internal sealed class ExpandedLine(RootCommand root, ParserConfiguration parsing, TextWriter messages)
{
    /// <summary>The line, checked and complete. <paramref name="flags"/> is <paramref name="args"/> parsed as it stands.</summary>
    /// <exception cref="UsageException">Something is wrong with the line or with a file that it refers to.</exception>
    public ParseResult Complete(string[] args, ParseResult flags)
    {
        string? config = ConfigFile.PathIn(flags), resumed = ResumeFlag.FolderIn(flags);

        // What is required may stand in the file; the second check sees both.
        LineCheck.Check(flags, ignoreMissing: config is not null || resumed is not null);
        if (resumed is not null)
        {
            flags = Parse(ResumeFlag.Expand(args, flags, resumed));
            LineCheck.Check(flags, prefix: SettingsFile.PathIn(resumed) + ": ");
        }
        else if (config is not null)
        {
            args = ConfigFile.Expand(args, flags, config);
            flags = Parse(args);
            LineCheck.Check(flags, prefix: config + ": ");
        }

        string? preset = Preset.NameIn(flags);
        if (resumed is null) preset = FittingPreset(flags, preset);
        return preset is null ? flags : Parse(Preset.Expand(args, flags, preset));
    }

    private ParseResult Parse(string[] args) => root.Parse(args, parsing);

    private string? FittingPreset(ParseResult flags, string? named)
    {
        string? fitting = TimedPreset.Choose(flags, named);
        if (fitting is null || fitting == named) return named;
        messages.WriteLine(named is null
            ? $"--minutes alone: training with the settings of --preset {fitting} (any flag on sizes or learning makes them yours)"
            : $"too few minutes for --preset {named}: training with the settings of --preset {fitting}, "
                + "which learns more in so little time");
        return fitting;
    }
}
