// grulm eval. Its flags are in Flags/EvalFlags.cs, the work is in Runs/Evaluating/.

using System.CommandLine;

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
            (flags, session) => Run(eval, flags, session));
    }

    private static int Run(EvalFlags eval, ParseResult flags, Session session)
    {
        var display = new WorkDisplay(session, "evaluating");
        if (eval.Repeats(flags))
        {
            RepeatsSettings settings = eval.ReadRepeats(flags);
            var repeats = ModelRepeats.Find(settings, display, session.Input, session.Stop);
            EvalOutput.Write(repeats, settings.Seed, eval.IsJson(flags), session.Output);
            return ExitCode.Done;
        }

        EvaluationFigures figures = ModelEvaluation.Run(eval.Read(flags), display, session.Input, session.Stop);
        display.Finish();
        EvalOutput.Write(figures, eval.IsJson(flags), session.Output);
        return ExitCode.Done;
    }
}
