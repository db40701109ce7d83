// Rows of the table of settings: the learning rate, and the optimizer that it is for.

using GruLM.Training;
using static GruLM.SettingRow;

namespace GruLM;

/// <summary>How weights are updated.</summary>
internal static class LearningRows
{
    private static readonly (string Word, ScheduleKind Value)[] s_schedules =
    [
        ("cosine", ScheduleKind.Cosine), ("linear", ScheduleKind.Linear), ("wsd", ScheduleKind.Wsd), ("constant", ScheduleKind.Constant),
        ("plateau", ScheduleKind.Plateau),
    ];
    private static readonly (string Word, OptimizerKind Value)[] s_optimizers =
        [("adamw", OptimizerKind.AdamW), ("sgd", OptimizerKind.Sgd), ("muon", OptimizerKind.Muon)];

    public static IEnumerable<Setting> All => [.. LearningRate.In(SettingGroup.LearningRate), .. Optimizer.In(SettingGroup.Optimizer)];

    private static Setting[] LearningRate =>
    [
        Of(
            "lr", new Optional<double>(new RealNumber(0, 100, above: true)), s => s.LearningRate, (s, v) => s with { LearningRate = v },
            "highest learning rate (default 0.004, for sgd 0.5; a quarter of that with 'InitFrom')"),
        Of(
            "min-lr", new Optional<double>(new RealNumber(0, 100)), s => s.MinLearningRate, (s, v) => s with { MinLearningRate = v },
            "learning rate at the end, or below which it is not cut (default: a hundredth of 'LearningRate')"),
        Of(
            "warmup-steps", new WholeNumber(0, int.MaxValue), s => s.WarmupSteps, (s, v) => s with { WarmupSteps = v },
            "steps over which the learning rate rises"),
        Of(
            "schedule", new Word<ScheduleKind>(s_schedules), s => s.Schedule, (s, v) => s with { Schedule = v },
            "how the learning rate falls; plateau: it is cut whenever the held-out figure stands still"),
        Of(
            "plateau-patience", new Optional<int>(new WholeNumber(1, int.MaxValue)),
            s => s.PlateauPatience, (s, v) => s with { PlateauPatience = v },
            "with 'Schedule = Plateau': evaluations in a row without a better figure after which the rate is cut (default 1)"),
        Of(
            "plateau-factor", new Optional<double>(new RealNumber(0, 0.99999, above: true)),
            s => s.PlateauFactor, (s, v) => s with { PlateauFactor = v },
            "with 'Schedule = Plateau': what such a cut multiplies the rate by, down to 'MinLearningRate' (default 0.5)"),
    ];

    private static Setting[] Optimizer =>
    [
        Of(
            "optimizer", new Word<OptimizerKind>(s_optimizers), s => s.Optimizer, (s, v) => s with { Optimizer = v },
            "what updates the weights: AdamW, gradient descent with momentum, or Muon (orthogonalised momentum) for the GRU's matrices "
            + "and AdamW for the rest"),
        Of(
            "momentum", new Optional<double>(new RealNumber(0, 0.99999)), s => s.Momentum, (s, v) => s with { Momentum = v },
            "how much of the momentum an update of sgd or muon keeps (default 0.9, for muon 0.95)"),
        Of(
            "muon-lr-factor", new Optional<double>(new RealNumber(0, 1e6, above: true)),
            s => s.MuonRateFactor, (s, v) => s with { MuonRateFactor = v },
            "with muon: the learning rate of the GRU's matrices, in multiples of 'LearningRate' (default 10)"),
        Of(
            "muon-every", new Optional<int>(new WholeNumber(1, 1000)), s => s.MuonEvery, (s, v) => s with { MuonEvery = v },
            "with muon: a matrix moves on every so many updates, as far as on all of them together; 1 is the original, and slow "
            + "(default 4)"),
        Of(
            "beta2", new Optional<double>(new RealNumber(0, 0.99999)), s => s.Beta2, (s, v) => s with { Beta2 = v },
            "AdamW's decay of squared gradients (default 0.99)"),
        Of(
            "weight-decay", new Optional<double>(new RealNumber(0, 10)), s => s.WeightDecay, (s, v) => s with { WeightDecay = v },
            "weight decay, for matrices, in units of the learning rate (default 0.05, for sgd 0)"),
        Of(
            "ema", new RealNumber(0, 0.99999), s => s.AverageDecay, (s, v) => s with { AverageDecay = v },
            "running average of the weights, which is what is evaluated and saved: how much an update keeps of it; 0: none"),
        Of(
            "grad-clip", new RealNumber(0, 1e9), s => s.GradClip, (s, v) => s with { GradClip = v },
            "largest gradient norm; 0: no clipping"),
    ];
}
