// The flags of grulm demo. The work is in Demo/DemoRun.cs.

using System.CommandLine;
using GruLM.Cli.Demo;

namespace GruLM.Cli.Commands;

internal static class DemoCommand
{
    public static GrulmCommand Create()
    {
        Option<string?> outDir = Flags.Text("--out-dir", "DIR", "the folder to write the model to", "grulm-demo", "-o");
        Option<ulong> seed = Flags.Seed(
            "--seed", 1, "decides the text and, with as many steps, the model to the bit; the demo says at its end how many it made");
        Option<double> minutes = Flags.Number(
            "--minutes", 0.5, 60, DemoRun.DefaultMinutes, "about how long it may take, from 0.5 to 60; longer gives a better model");
        Option<int?> steps = Flags.OptionalInt(
            "--max-steps", 1, int.MaxValue, "makes so many training steps (default: one of a few numbers, by this machine's speed)");
        Option<int?> threads = Flags.Threads();
        Option<int?> watch = WatchedRun.Flag();
        return new GrulmCommand(
            "demo",
            "See it all on a built-in sample text, in two minutes or so: tokenizer, training, figures, stories, talk.",
            ["grulm demo", "grulm demo --minutes 10", "grulm demo --minutes 0.5 --seed 3 --out-dir other-demo"],
            [outDir, minutes, steps, seed, threads, watch],
            (flags, session) =>
            {
                ulong value = flags.GetValue(seed);
                var settings = new DemoSettings
                {
                    OutDir = flags.GetValue(outDir)!,
                    Seed = value,
                    Threads = flags.GetValue(threads) ?? 0,
                    Minutes = flags.GetValue(minutes),
                    MaxSteps = flags.GetValue(steps) ?? 0,
                    Watch = flags.GetValue(watch),
                    Recipe = DemoRun.RecipeFor(flags.GetValue(minutes)) with { Seed = value },
                };
                return DemoRun.Run(settings, session);
            });
    }
}
