// The flags of grulm train on how its text is cut: into samples, and into what is learned from and what is held out.

using System.CommandLine;
using GruLM.Cli.Runs;
using GruLM.Model;

namespace GruLM.Cli.Commands;

/// <summary>From <c>--samples</c> to <c>--val-fraction</c>.</summary>
internal sealed class SampleFlags
{
    private readonly Option<string> _samples = Flags.OneOf(
        "--samples", ["stream", "lines"], "stream", "one long text, or each line a sample of its own that ends with <end>");
    private readonly Option<bool> _maskPrompt = Flags.Switch(
        "--mask-prompt", "with lines: only answers count in loss and figures, what stands after <ai> up to and including <end>");
    private readonly DataFlags _form = new();
    private readonly Option<string?> _valData = Flags.Text("--val-data", "FILE", "text to evaluate on while training");
    private readonly Option<double> _valFraction = Flags.Number(
        "--val-fraction", 0, 0.9, 0.1,
        "share of the text, at its end, that is held out when there is no --val-data; 0 holds out nothing");

    public IReadOnlyList<Option> Options => [_samples, _maskPrompt, _form.Format, _form.Column, _valData, _valFraction];

    public TrainSettings AddTo(TrainSettings settings, ParseResult flags) => settings with
    {
        SamplesGiven = flags.Given(_samples),
        Form = _form.Value(flags),
        ValData = flags.GetValue(_valData),
        ValFraction = flags.GetValue(_valFraction),
    };

    public TextTrainingOptions AddTo(TextTrainingOptions options, ParseResult flags) => options with
    {
        Samples = flags.GetValue(_samples) == "lines" ? SampleKind.Lines : SampleKind.Stream,
        MaskPrompt = flags.GetValue(_maskPrompt),
    };
}
