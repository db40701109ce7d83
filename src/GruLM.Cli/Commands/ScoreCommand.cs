// The flags of grulm score. The work is in Runs/Evaluating/ScoreRun.cs.

using System.CommandLine;
using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class ScoreCommand
{
    public static GrulmCommand Create()
    {
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        Option<string> data = Flags.RequiredText("--data", "FILE|-",
            "text to score, of any length: plain text, JSON lines or a table, as for train; - for standard input");
        var form = new DataFlags();
        Option<bool> json = Flags.Switch(
            "--json", "write an object a token: id, piece, logprob (null for the first, which nothing precedes)");
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "score",
            "Tell the natural log-probability of each token of a text, read as one stream in constant memory; "
            + "the figures are those of 'grulm eval --samples stream'.",
            ["grulm score --model model --data text.txt", "grulm score --model model --data - --json < text.txt > scores.jsonl"],
            [model, data, form.Format, form.Column, json, threads],
            (flags, session) =>
            {
                var settings = new ScoreSettings(
                    flags.GetValue(model)!, flags.GetValue(data)!, form.Value(flags), flags.GetValue(json), flags.GetValue(threads) ?? 0);
                return new ScoreRun(settings, session).Run();
            });
    }
}
