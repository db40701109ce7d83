// Rows of the table of settings: what is seen and kept of a run while it goes on, and the machine that it runs on.

using GruLM.Kernels;
using static GruLM.SettingRow;

namespace GruLM;

/// <summary>From evaluations to threads.</summary>
internal static class ProgressRows
{
    private static readonly (string Word, Precision Value)[] s_precisions =
        [("auto", Precision.Auto), ("fp32", Precision.Fp32), ("bf16", Precision.Bf16)];

    public static IEnumerable<Setting> All => [.. Progress.In(SettingGroup.Progress), .. Machine.In(SettingGroup.Machine)];

    private static Setting[] Progress =>
    [
        Of(
            "eval-interval", new Optional<int>(new WholeNumber(0, int.MaxValue)), s => s.EvalInterval,
            (s, v) => s with { EvalInterval = v },
            "steps between evaluations besides those at the end of each epoch; 0: none (default: a run of few epochs has about ten)"),
        Of(
            "eval-tokens", new WholeNumber(0, int.MaxValue), s => s.EvalTokens, (s, v) => s with { EvalTokens = v },
            "held-out tokens an evaluation reads at most; 0: all, or with 'Minutes' as many as a tenth of the time is enough for"),
        Of(
            "patience", new Optional<int>(new WholeNumber(0, int.MaxValue)), s => s.Patience, (s, v) => s with { Patience = v },
            "ends training after so many evaluations in a row without a better figure; 0: never "
            + "(default: 0, or 5 where a recipe was chosen)").MayChange(),
        Of(
            "sample-every", new WholeNumber(0, int.MaxValue), s => s.SampleEvery, (s, v) => s with { SampleEvery = v },
            "steps between short texts by the model, shown while it trains; 0: none").MayChange(),
        Of(
            "sample-prompt", new OneText("TEXT"), s => s.SamplePrompt, (s, v) => s with { SamplePrompt = v },
            "what those begin with (default: nothing)").MayChange(),
        Of(
            "log-interval", new WholeNumber(1, int.MaxValue), s => s.LogInterval, (s, v) => s with { LogInterval = v },
            "steps between progress reports").MayChange(),
        Of(
            "save-interval", new WholeNumber(0, int.MaxValue), s => s.SaveInterval, (s, v) => s with { SaveInterval = v },
            "steps between checkpoints besides those at the end of each epoch and after ten minutes; 0: none").MayChange(),
        Of("keep", new WholeNumber(1, int.MaxValue), s => s.Keep, (s, v) => s with { Keep = v }, "checkpoints kept").MayChange(),
    ];

    private static Setting[] Machine =>
    [
        Of(
            "device", new DeviceWord(), s => s.Device, (s, v) => s with { Device = v },
            "what computes: the processor (cpu), an NVIDIA card (cuda), or (auto) the card where there is one "
            + "and the model is large enough to gain by it, else the processor").MayChange(),
        Of(
            "precision", new Word<Precision>(s_precisions), s => s.Precision, (s, v) => s with { Precision = v },
            "in which precision matrices are multiplied; auto is bf16 on a card and on processors with AVX512-BF16 (Linux x64), "
            + "else fp32; bf16 is fp32 where a processor has neither that nor AMX"),
        Of(
            "wire", new Word<Precision>(("fp32", Precision.Fp32), ("bf16", Precision.Bf16)), s => s.Wire, (s, v) => s with { Wire = v },
            "with several processes (mpirun): the numbers in which gradients travel; bf16 is half of what a network carries").MayChange(),
        Of("seed", new SeedNumber(), s => s.Seed, (s, v) => s with { Seed = v }, "decides starting values, order of lines and dropout"),
        Of(
            "threads", new Optional<int>(new WholeNumber(0, 1024)), s => s.Threads, (s, v) => s with { Threads = v },
            "threads to compute with (default, and 0: one a core)").MayChange(),
    ];
}
