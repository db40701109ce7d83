// The flags of grulm eval. The work is in Runs/EvalRun.cs.

using System.CommandLine;
using GruLM.Cli.Runs;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Commands;

internal static class EvalCommand
{
    public static GrulmCommand Create()
    {
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        Option<string?> data = Flags.Text("--data", "FILE|DIR|-",
            "text to evaluate on; without it the held-out part of what the model was trained on");
        var form = new DataFlags();
        Option<int> window = Flags.Int("--window", 0, int.MaxValue, 0, "start from a fresh state every N tokens; 0: one stream");
        Option<string> samples = Flags.OneOf("--samples", ["auto", "stream", "lines"], "auto",
            "as one stream, or line by line (auto: as the model was trained)");
        Option<bool> dynamic =
            Flags.Switch(
            "--dynamic",
            "also let a copy of the model learn from the text as it reads it, each segment after it was scored, and report those figures (dynamic_nll, … in JSON) beside the usual ones; the model folder is not changed");
        var defaults = new DynamicOptions();
        Option<int> segment = Flags.Int("--dynamic-segment", 1, 65536, defaults.Segment, "tokens scored before they are learned from");
        Option<double> rate = Flags.Number("--dynamic-lr", 0, 1, defaults.LearningRate,
            "size of a learning step; 0: the model does not adapt");
        Option<double> decay = Flags.Number("--dynamic-decay", 0, 1, defaults.Decay,
            "share of the way back to its trained parameters that it goes at each step");
        Option<bool> repeats =
            Flags.Switch(
            "--repeats",
            "instead: write a text and tell how much of it stands verbatim in the training text (--data FILE, or the recorded one, whose held-out part is then compared too)");
        Option<int> maxTokens = Flags.Int("--max-tokens", 1, 1_000_000, 2000, "tokens written for --repeats", "-n");
        Option<ulong> seed = Flags.Seed("--seed", 0, "of the text written for --repeats", "-s");
        Option<bool> mask =
            Flags.Switch(
            "--mask-prompt",
            "line by line: only answers count, what stands after <ai> up to and including <end> (default: as the model was trained)");
        Option<bool> noMask = Flags.Switch("--no-mask-prompt", "the opposite of --mask-prompt");
        Option<bool> json = Flags.Json();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "eval",
            "Measure a model on text: nll, perplexity, bits per byte, token accuracy.",
            ["grulm eval --model model", "grulm eval --model model --data other.txt --json",
            "grulm eval --model model --data other.txt --dynamic", "grulm eval --model model --repeats"],
            [model, data, form.Format, form.Column, window, samples, mask, noMask, dynamic, segment, rate, decay, repeats, maxTokens, seed,
            json, threads],
            (flags, session) =>
            {
                bool adapts = flags.GetValue(dynamic);
                if (flags.GetValue(repeats))
                {
                    if (adapts || flags.Given(window) || flags.Given(samples))
                    {
                        throw new UsageException(
                            "--repeats looks at what the model writes; --dynamic, --window and --samples do not go with it");
                    }

                    var settings = new RepeatsSettings
                    {
                        Model = flags.GetValue(model)!,
                        Data = flags.GetValue(data),
                        Form = form.Value(flags),
                        MaxTokens = flags.GetValue(maxTokens),
                        Seed = flags.GetValue(seed),
                        Json = flags.GetValue(json),
                        Threads = flags.GetValue(threads) ?? 0,
                    };
                    return RepeatsRun.Run(settings, session);
                }

                if (flags.Given(maxTokens) || flags.Given(seed)) throw new UsageException("--max-tokens and --seed go with --repeats");
                if (adapts && flags.GetValue(window) > 0)
                {
                    throw new UsageException("--dynamic reads one stream and --window starts anew every N tokens; give one of them");
                }

                if (!adapts && (flags.Given(segment) || flags.Given(rate) || flags.Given(decay)))
                {
                    throw new UsageException("--dynamic-segment, --dynamic-lr and --dynamic-decay go with --dynamic");
                }

                return EvalRun.Run(
                    new EvalSettings
                    {
                        Model = flags.GetValue(model)!,
                        Data = flags.GetValue(data),
                        Form = form.Value(flags),
                        MaskPrompt = flags.GetValue(noMask) ? false : flags.GetValue(mask) ? true : null,
                        Window = flags.GetValue(window),
                        Samples = flags.GetValue(samples) switch { "stream" => SampleKind.Stream, "lines" => SampleKind.Lines, _ => null },
                        Dynamic = adapts
                            ? new DynamicOptions
                            {
                                Segment = flags.GetValue(segment),
                                LearningRate = flags.GetValue(rate),
                                Decay = flags.GetValue(decay)
                            }
                            : null,
                        Json = flags.GetValue(json),
                        Threads = flags.GetValue(threads) ?? 0,
                    },
                    session.Input, session.Output, session.Error, session.ErrorIsTerminal, session.Stop);
            });
    }
}
