// The flags of grulm train on what is seen and kept of a run while it goes on: evaluations, samples, reports, checkpoints.

using System.CommandLine;
using GruLM.Cli.Runs;
using GruLM.Training;

namespace GruLM.Cli.Commands;

/// <summary>From <c>--eval-interval</c> to <c>--keep</c>.</summary>
internal sealed class ProgressFlags
{
    private static readonly TrainingOptions s_defaults = new();

    private readonly Option<int> _evalInterval = Flags.Int(
        "--eval-interval", 0, int.MaxValue, 0, "steps between evaluations besides those at the end of each epoch; 0: none");
    private readonly Option<int> _evalTokens = Flags.Int(
        "--eval-tokens", 0, int.MaxValue, 0, "held-out tokens an evaluation reads at most; 0: all");
    private readonly Option<int> _patience = Flags.Int(
        "--patience", 0, int.MaxValue, 0, "ends training after so many evaluations in a row without a better figure; 0: never");
    private readonly Option<int> _sampleEvery = Flags.Int(
        "--sample-every", 0, int.MaxValue, 0, "steps between short texts by the model, shown while it trains; 0: none");
    private readonly Option<string?> _samplePrompt = Flags.Text(
        "--sample-prompt", "TEXT", "what those begin with (default: a new line; nothing for lines)");
    private readonly Option<int> _logInterval = Flags.Int(
        "--log-interval", 1, int.MaxValue, (int)s_defaults.LogInterval, "steps between progress reports");
    private readonly Option<int> _saveInterval = Flags.Int(
        "--save-interval", 0, int.MaxValue, 0,
        "steps between checkpoints besides those at the end of each epoch and after ten minutes; 0: none");
    private readonly Option<int> _keep = Flags.Int("--keep", 1, int.MaxValue, s_defaults.Keep, "checkpoints kept");

    public IReadOnlyList<Option> Options =>
        [_evalInterval, _evalTokens, _patience, _sampleEvery, _samplePrompt, _logInterval, _saveInterval, _keep];

    public TrainSettings AddTo(TrainSettings settings, ParseResult flags) =>
        settings with { SamplePrompt = flags.GetValue(_samplePrompt) };

    public TrainingOptions AddTo(TrainingOptions options, ParseResult flags) => options with
    {
        EvalInterval = flags.GetValue(_evalInterval),
        EvalTokens = flags.GetValue(_evalTokens),
        Patience = flags.GetValue(_patience),
        SampleEvery = flags.GetValue(_sampleEvery),
        LogInterval = flags.GetValue(_logInterval),
        SaveInterval = flags.GetValue(_saveInterval),
        Keep = flags.GetValue(_keep),
    };
}
