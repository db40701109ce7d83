// --preset NAME: named settings, turned into flags like those of a --config file; flags and that file win over them. They were
// found by experiment on a text of a million characters (SPEED.md has the figures). Medium is small's recipe with more units, for longer
// texts: it knows a text of a million characters by heart after four passes.
using System.CommandLine;

namespace GruLM.Cli;

internal static class Preset
{
    private const string FlagName = "--preset";

    private static readonly string[] s_lengthFlags = ["--epochs", "--max-steps", "--minutes"];

    // More epochs than these, and more dropout, made each of them worse.
    private static readonly NamedSettings[] s_presets =
    [
        new("tiny", "1 x 256: two minutes for a million characters",
        [
            "--emb-dim=256", "--hidden-dim=256", "--num-layers=1", "--input-dropout=0.1", "--output-dropout=0.1", "--optimizer=muon",
            "--lr=0.005", "--batch-size=16", "--bptt=64", "--epochs=7",
        ]),
        new("small", "2 x 256: four minutes for them",
        [
            "--emb-dim=256", "--hidden-dim=256", "--num-layers=2", "--residual", "--dropout=0.1", "--input-dropout=0.1",
            "--output-dropout=0.1", "--optimizer=muon", "--lr=0.004", "--batch-size=16", "--bptt=64", "--epochs=7",
        ]),
        new("medium", "2 x 512: for texts of several millions",
        [
            "--emb-dim=512", "--hidden-dim=512", "--num-layers=2", "--residual", "--dropout=0.2", "--input-dropout=0.1",
            "--output-dropout=0.1", "--optimizer=muon", "--lr=0.003", "--batch-size=32", "--bptt=64", "--epochs=4",
        ]),
        new("shakespeare-char-quick", "characters, for a text of a million of them, in twenty seconds",
        [
            "--model-type=char", "--emb-dim=64", "--hidden-dim=384", "--num-layers=1", "--no-tie-weights", "--batch-size=8", "--bptt=32",
            "--lr=0.006", "--warmup-steps=30", "--dropout=0", "--fresh-every=8", "--max-steps=1600",
        ]),
        new("shakespeare-char", "the same in ten minutes",
        [
            "--model-type=char", "--emb-dim=64", "--hidden-dim=384", "--num-layers=2", "--no-tie-weights", "--batch-size=16", "--bptt=64",
            "--lr=0.004", "--schedule=linear", "--grad-clip=0.5", "--dropout=0.25", "--locked-dropout", "--input-dropout=0.05",
            "--output-dropout=0.15", "--residual", "--fresh-every=8", "--minutes=10",
        ]),
    ];

    /// <summary>The flag for commands that have presets.</summary>
    public static Option<string?> Flag()
    {
        string descriptions = string.Join("; ", s_presets.Select(preset => $"{preset.Name} ({preset.Description})"));
        return Flags.OptionalOneOf(
            FlagName, [.. s_presets.Select(preset => preset.Name)],
            $"settings to begin with, which other flags and --config win over: {descriptions}");
    }

    /// <summary>The name of the preset on the command line, or null.</summary>
    public static string? NameIn(ParseResult flags) =>
        flags.OptionNamed(FlagName) is { } option && flags.GetResult(option) is { Implicit: false, Tokens: [var name] } ? name.Value : null;

    /// <summary>The names of the flags that a preset sets.</summary>
    public static IEnumerable<string> FlagsOf(string preset) => SettingsOf(preset).Select(FlagOf);

    /// <summary>What a preset sets a flag to.</summary>
    public static string ValueOf(string preset, string flag) =>
        SettingsOf(preset).First(setting => FlagOf(setting) == flag).Split('=')[1];

    /// <summary>Whether a flag says how long to train.</summary>
    public static bool IsLengthFlag(string flag) => s_lengthFlags.Contains(flag);

    /// <summary>
    /// The command line with the preset's settings added where nothing else was given. How long it trains is one setting, whichever flag
    /// says it; but time that is given leaves the preset's epochs as the most that are made, since more of them make its model worse.
    /// </summary>
    public static string[] Expand(string[] args, ParseResult flags, string name)
    {
        string[] replaced = flags.GivenEitherWay("--epochs") || flags.GivenEitherWay("--max-steps") ? s_lengthFlags
            : flags.GivenEitherWay("--minutes") ? ["--minutes", "--max-steps"]
            : [];
        return
        [
            .. args,
            .. SettingsOf(name).Where(setting => !flags.GivenEitherWay(FlagOf(setting)) && !replaced.Contains(FlagOf(setting))),
        ];
    }

    private static string[] SettingsOf(string preset) => s_presets.First(known => known.Name == preset).Settings;

    private static string FlagOf(string setting) => setting.Split('=')[0];

    private sealed record NamedSettings(string Name, string Description, string[] Settings);
}
