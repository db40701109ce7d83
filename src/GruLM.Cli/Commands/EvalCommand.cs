// grulm eval. Its flags are in Flags/EvalFlags.cs, the work is in Runs/Evaluating/.

using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class EvalCommand
{
    public static GrulmCommand Create()
    {
        var eval = new EvalFlags();
        return new GrulmCommand(
            "eval",
            "Measure a model on text: nll, perplexity, bits per byte, token accuracy.",
            [
                "grulm eval --model model",
                "grulm eval --model model --data other.txt --json",
                "grulm eval --model model --data other.txt --dynamic",
                "grulm eval --model model --repeats",
            ],
            eval.Options,
            (flags, session) => eval.Repeats(flags)
                ? RepeatsRun.Run(eval.ReadRepeats(flags), session)
                : EvalRun.Run(eval.Read(flags), session));
    }
}
