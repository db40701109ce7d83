// --resume DIR: the run in a folder goes on with the settings that stand beside it. They are read like a --config file; flags
// given beside --resume may make the run longer or change what it shows and saves, not what it computes.
using System.CommandLine;
using GruLM.Cli.Runs;

namespace GruLM.Cli;

internal static class ResumeFlag
{
    public const string Name = "--resume";

    private static readonly string[] s_mayChange =
    [
        "--epochs", "--max-steps", "--minutes", "--patience", "--threads", "--sample-every", "--sample-prompt", "--log-interval",
        "--save-interval", "--keep",
    ];

    /// <summary>The flag for commands whose runs can be resumed.</summary>
    public static Option<string?> Flag() => Flags.Text(
        Name, "DIR",
        "continues the run in this folder where its newest checkpoint stands, with its own settings; "
        + "alone, or with more --epochs, --minutes or --max-steps");

    /// <summary>The folder to resume; empty when the flag has no single value, null without the flag.</summary>
    public static string? FolderIn(ParseResult flags)
    {
        if (flags.OptionNamed(Name) is not { } option || flags.GetResult(option) is not { Implicit: false } result) return null;
        return result.Tokens is [var folder] ? folder.Value : "";
    }

    /// <summary>The command line with the settings of the run in <paramref name="folder"/> added.</summary>
    /// <exception cref="UsageException">A flag was given that would change what the run computes.</exception>
    /// <exception cref="IOException">There is no run in the folder.</exception>
    public static string[] Expand(string[] args, ParseResult flags, string folder)
    {
        Option? other = flags.CommandResult.Command.Options.FirstOrDefault(
            option => option.Name != Name && flags.Given(option) && !s_mayChange.Contains(option.Name));
        if (other is not null)
        {
            string allowed = string.Join(", ", s_mayChange);
            throw new UsageException(
                $"{other.Name} cannot be given beside {Name}, which goes on with the settings of the run; only {allowed} can");
        }

        if (folder.Length == 0) throw new UsageException($"{Name} '': the folder of a run was expected");
        string path = SettingsFile.PathIn(folder);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"{folder}: there is no such folder to resume");
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                $"{path}: not found, so there is no run to resume in {folder}; begin one with grulm train --data FILE --out-dir {folder}");
        }

        return [.. ConfigFile.Expand(args, flags, path), $"--out-dir={folder}"];
    }
}
