// Rows of the table of settings: how long a run is, and what one step of it reads.

using static GruLM.SettingRow;

namespace GruLM;

/// <summary>Passes, steps, minutes; lanes and windows.</summary>
internal static class LengthRows
{
    public static IEnumerable<Setting> All => [.. Length.In(SettingGroup.Length), .. Batches.In(SettingGroup.Batches)];

    private static Setting[] Length =>
    [
        Of(
            "minutes", new Optional<double>(new RealNumber(0, 1e6, above: true)), s => s.Minutes, (s, v) => s with { Minutes = v },
            "time to train for, all told: the number of steps follows the speed, "
            + "so that the run and its schedule end on time").MayChange().Essential(),
        Of(
            "epochs", new Optional<int>(new WholeNumber(1, 1_000_000)), s => s.Epochs, (s, v) => s with { Epochs = v },
            "passes over the training text (default: 10, or at most 24 with 'Minutes')").MayChange().Essential(),
        Of(
            "max-steps", new WholeNumber(0, int.MaxValue), s => s.MaxSteps, (s, v) => s with { MaxSteps = v },
            "ends training after so many steps; 0: no limit").MayChange(),
        Of(
            "step-plan", new RecordedPlan(), s => s.StepPlan, (s, v) => s with { StepPlan = v },
            "from which step on the run was laid out for how many, as settings.json of a run of 'Minutes' tells it: to repeat that run"),
    ];

    private static Setting[] Batches =>
    [
        Of(
            "batch-size", new WholeNumber(1, 1 << 16), s => s.BatchSize, (s, v) => s with { BatchSize = v },
            "lanes of text side by side"),
        Of(
            "grad-accum", new WholeNumber(1, 1 << 10), s => s.GradAccum, (s, v) => s with { GradAccum = v },
            "batches whose gradients make one update; the memory of one, the update of a batch so many times as large"),
        Of("bptt", new WholeNumber(1, 1 << 16), s => s.Bptt, (s, v) => s with { Bptt = v }, "tokens that a gradient reaches back"),
        Of(
            "random-bptt", new Switch(), s => s.RandomBptt, (s, v) => s with { RandomBptt = v },
            "with stream: the lengths of windows vary at random around 'Bptt', a twentieth of them around half of it, "
            + "and each step's learning rate with them"),
        Of(
            "fresh-every", new WholeNumber(0, int.MaxValue), s => s.FreshEvery, (s, v) => s with { FreshEvery = v },
            "with stream: one window in so many starts from a zero state, as every prompt does; 0: none"),
    ];
}
