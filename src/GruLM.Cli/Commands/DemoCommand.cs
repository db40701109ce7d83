// The flags of grulm demo. The work is in Runs/DemoRun.cs.

using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class DemoCommand
{
    public static GrulmCommand Create()
    {
        var outDir = Flags.Text("--out-dir", "DIR", "the folder to write the model to", "grulm-demo", "-o");
        var seed = Flags.Seed("--seed", 1, "decides the text and the training");
        var threads = Flags.Threads();
        return new GrulmCommand(
            "demo",
            "See it all on a built-in sample text, in two minutes or so: tokenizer, training, figures, stories, talk.",
            ["grulm demo"],
            [outDir, seed, threads],
            (flags, session) =>
            {
                ulong value = flags.GetValue(seed);
                var settings = new DemoSettings
                {
                    OutDir = flags.GetValue(outDir)!, Seed = value, Threads = flags.GetValue(threads) ?? 0,
                    Options = DemoRun.Recipe with { Training = DemoRun.Recipe.Training with { Seed = value } },
                };
                return DemoRun.Run(settings, session.Output, session.Error, session.ErrorIsTerminal, session.Stop);
            });
    }
}
