// The flags of grulm train on what a step reads: lanes, the length of windows, and where windows begin afresh.

using System.CommandLine;
using GruLM.Training;

namespace GruLM.Cli.Commands;

/// <summary>From <c>--batch-size</c> to <c>--fresh-every</c>.</summary>
internal sealed class BatchFlags
{
    private static readonly TrainingOptions s_defaults = new();

    private readonly Option<int> _batchSize = Flags.Int(
        "--batch-size", 1, 1 << 16, s_defaults.BatchSize, "lanes of text side by side");
    private readonly Option<int> _gradAccum = Flags.Int(
        "--grad-accum", 1, 1 << 10, s_defaults.GradAccum,
        "batches whose gradients make one update; the memory of one, the update of a batch so many times as large");
    private readonly Option<int> _bptt = Flags.Int("--bptt", 1, 1 << 16, s_defaults.Bptt, "tokens that a gradient reaches back");
    private readonly Option<bool> _randomBptt = Flags.Switch(
        "--random-bptt",
        "with stream: the lengths of windows vary at random around --bptt, a twentieth of them around half of it, "
        + "and each step's learning rate with them");
    private readonly Option<int> _freshEvery = Flags.Int(
        "--fresh-every", 0, int.MaxValue, s_defaults.FreshEvery,
        "with stream: one window in so many starts from a zero state, as every prompt does; 0: none");

    public IReadOnlyList<Option> Options => [_batchSize, _gradAccum, _bptt, _randomBptt, _freshEvery];

    public TrainingOptions AddTo(TrainingOptions options, ParseResult flags) => options with
    {
        BatchSize = flags.GetValue(_batchSize),
        GradAccum = flags.GetValue(_gradAccum),
        Bptt = flags.GetValue(_bptt),
        RandomBptt = flags.GetValue(_randomBptt),
        FreshEvery = flags.GetValue(_freshEvery),
    };
}
