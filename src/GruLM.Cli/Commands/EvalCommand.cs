// The flags of grulm eval. The work is in Runs/EvalRun.cs.

using GruLM.Cli.Runs;
using GruLM.Model;

namespace GruLM.Cli.Commands;

internal static class EvalCommand
{
    public static GrulmCommand Create()
    {
        var model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        var data = Flags.Text("--data", "FILE|DIR|-", "text to evaluate on; without it the held-out part of what the model was trained on");
        var column = Flags.Text("--column", "NAME", TrainCommand.ColumnHelp);
        var window = Flags.Int("--window", 0, int.MaxValue, 0, "start from a fresh state every N tokens; 0: one stream");
        var samples = Flags.OneOf("--samples", ["auto", "stream", "lines"], "auto", "as one stream, or line by line (auto: as the model was trained)");
        var mask = Flags.Switch("--mask-prompt", "line by line: only answers count, what stands after <ai> up to and including <end> (default: as the model was trained)");
        var noMask = Flags.Switch("--no-mask-prompt", "the opposite of --mask-prompt");
        var json = Flags.Json();
        var threads = Flags.Threads();
        return new GrulmCommand(
            "eval",
            "Measure a model on text: nll, perplexity, bits per byte, token accuracy.",
            ["grulm eval --model model", "grulm eval --model model --data other.txt --json"],
            [model, data, column, window, samples, mask, noMask, json, threads],
            (flags, session) => EvalRun.Run(
                new EvalSettings
                {
                    Model = flags.GetValue(model)!,
                    Data = flags.GetValue(data),
                    Column = flags.GetValue(column),
                    Window = flags.GetValue(window),
                    Samples = flags.GetValue(samples) switch { "stream" => SampleKind.Stream, "lines" => SampleKind.Lines, _ => null },
                    MaskPrompt = flags.GetValue(noMask) ? false : flags.GetValue(mask) ? true : null,
                    Json = flags.GetValue(json),
                    Threads = flags.GetValue(threads) ?? 0,
                },
                session.Input, session.Output, session.Error, session.ErrorIsTerminal, session.Stop));
    }
}
