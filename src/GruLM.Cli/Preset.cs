// --preset NAME: named settings, turned into flags like those of a --config file; flags and that file win over them. tiny and those for characters were
// found by experiment (SPEED.md has the figures); small and medium are sizes to start from.
using System.CommandLine;

namespace GruLM.Cli;

internal static class Preset
{
    private const string Name = "--preset";
    private static readonly string[] Lengths = ["--epochs", "--max-steps", "--minutes"];

    // Regularisation grows with the size: on a text of a million characters a large model otherwise learns it by heart.
    private static readonly (string Name, string What, string[] Flags)[] All =
    [
        ("tiny", "1 x 256: a minute or two for a million characters", ["--emb-dim=256", "--hidden-dim=256", "--num-layers=1", "--input-dropout=0.1", "--output-dropout=0.1", "--lr=0.005", "--batch-size=16", "--bptt=64", "--epochs=7"]),
        ("small", "2 x 256: ten minutes'", ["--emb-dim=256", "--hidden-dim=256", "--num-layers=2", "--dropout=0.3", "--lr=0.004", "--batch-size=16", "--bptt=64"]),
        ("medium", "2 x 512: hours'", ["--emb-dim=512", "--hidden-dim=512", "--num-layers=2", "--dropout=0.4", "--locked-dropout", "--lr=0.003", "--batch-size=32", "--bptt=64", "--ema=0.995"]),
        ("shakespeare-char-quick", "characters, for a text of a million of them, in twenty seconds",
        [
            "--model-type=char", "--emb-dim=64", "--hidden-dim=384", "--num-layers=1", "--no-tie-weights", "--batch-size=8", "--bptt=32", "--lr=0.006", "--warmup-steps=30",
            "--dropout=0", "--fresh-every=8", "--max-steps=1600",
        ]),
        ("shakespeare-char", "the same in ten minutes",
        [
            "--model-type=char", "--emb-dim=64", "--hidden-dim=384", "--num-layers=2", "--no-tie-weights", "--batch-size=16", "--bptt=64", "--lr=0.004", "--schedule=linear",
            "--grad-clip=0.5", "--dropout=0.25", "--locked-dropout", "--input-dropout=0.05", "--output-dropout=0.15", "--residual", "--fresh-every=8", "--minutes=10",
        ]),
    ];

    /// <summary>The flag for commands that have presets.</summary>
    public static Option<string?> Flag() => Flags.OptionalOneOf(
        Name, [.. All.Select(p => p.Name)], $"settings to begin with, which other flags and --config win over: {string.Join("; ", All.Select(p => $"{p.Name} ({p.What})"))}");

    /// <summary>The preset that the command line names, or null.</summary>
    public static string? In(ParseResult flags) =>
        flags.CommandResult.Command.Options.FirstOrDefault(o => o.Name == Name) is { } option && flags.GetResult(option) is { Implicit: false, Tokens: [var name] } ? name.Value : null;

    /// <summary>The command line with the preset's settings added where nothing else was said. How long it trains is one setting, whichever flag says it.</summary>
    public static string[] Expand(string[] args, ParseResult flags, string name)
    {
        bool lengthSaid = Lengths.Any(Said);
        return [.. args, .. All.First(p => p.Name == name).Flags.Where(flag => flag.Split('=')[0] is var said && !Said(said) && !(lengthSaid && Lengths.Contains(said)))];

        bool Said(string flag) => flags.CommandResult.Command.Options.Any(o => (o.Name == flag || o.Name == ConfigFile.Opposite(flag)) && flags.Given(o));
    }
}
