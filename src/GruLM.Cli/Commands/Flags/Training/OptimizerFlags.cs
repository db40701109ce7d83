// The flags that say how grulm train updates the weights. A flag that the chosen optimizer would not read is refused.

using System.CommandLine;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Commands;

/// <summary>From <c>--optimizer</c> to <c>--ema</c>.</summary>
internal sealed class OptimizerFlags
{
    // Gradients are clipped and not divided by their size, so a step has to be far longer than AdamW's.
    private const double SgdRate = 0.5;

    private static readonly double s_otherRate = new TrainingOptions().LearningRate;
    private static readonly SgdOptions s_sgd = new();
    private static readonly AdamWOptions s_adam = new();
    private static readonly MuonOptions s_muon = new();

    private readonly Option<string> _kind = Flags.OneOf(
        "--optimizer", [s_adam.Name, s_sgd.Name, s_muon.Name], s_adam.Name,
        "what updates the weights: AdamW, gradient descent with momentum, or Muon (orthogonalised momentum) for the GRU's matrices "
        + "and AdamW for the rest");
    private readonly Option<double?> _rate = Flags.OptionalNumber(
        "--lr", 0, 100,
        FormattableString.Invariant($"highest learning rate (default {s_otherRate}, for sgd {SgdRate})"),
        above: true);
    private readonly Option<double?> _weightDecay = Flags.OptionalNumber(
        "--weight-decay", 0, 10,
        "weight decay, for matrices, in units of the learning rate "
        + FormattableString.Invariant($"(default {s_adam.WeightDecay}, for sgd {s_sgd.WeightDecay})"));
    private readonly Option<double?> _momentum = Flags.OptionalNumber(
        "--momentum", 0, 0.99999,
        "how much of the momentum an update of sgd or muon keeps "
        + FormattableString.Invariant($"(default {s_sgd.Momentum}, for muon {s_muon.Momentum})"));
    private readonly Option<double> _muonRate = Flags.Number(
        "--muon-lr-factor", 0, 1e6, s_muon.RateFactor, "with muon: the learning rate of the GRU's matrices, in multiples of --lr",
        above: true);
    private readonly Option<int> _muonEvery = Flags.Int(
        "--muon-every", 1, 1000, s_muon.Every,
        "with muon: a matrix moves on every so many updates, as far as on all of them together; 1 is the original, and slow");
    private readonly Option<double> _beta2 = Flags.Number("--beta2", 0, 0.99999, s_adam.Beta2, "AdamW's decay of squared gradients");
    private readonly Option<double> _ema = Flags.Number(
        "--ema", 0, 0.99999, s_adam.AverageDecay,
        "running average of the weights, which is what is evaluated and saved: how much an update keeps of it; 0: none");

    public IReadOnlyList<Option> Options => [_kind, _rate, _weightDecay, _momentum, _muonRate, _muonEvery, _beta2, _ema];

    /// <summary>The highest learning rate.</summary>
    public double Rate(ParseResult flags) =>
        flags.GetValue(_rate) ?? (flags.GetValue(_kind) == s_sgd.Name ? SgdRate : s_otherRate);

    /// <summary>The optimizer.</summary>
    /// <exception cref="UsageException">A flag was given that the optimizer would not read.</exception>
    public OptimizerOptions Read(ParseResult flags)
    {
        CheckReadBy(flags, _momentum, s_sgd.Name, s_muon.Name);
        CheckReadBy(flags, _muonRate, s_muon.Name);
        CheckReadBy(flags, _muonEvery, s_muon.Name);
        CheckReadBy(flags, _beta2, s_adam.Name, s_muon.Name);
        OptimizerOptions options = ReadOwn(flags);
        return options with { WeightDecay = flags.GetValue(_weightDecay) ?? options.WeightDecay, AverageDecay = flags.GetValue(_ema) };
    }

    private OptimizerOptions ReadOwn(ParseResult flags)
    {
        string kind = flags.GetValue(_kind)!;
        double? momentum = flags.GetValue(_momentum);
        if (kind == s_sgd.Name) return s_sgd with { Momentum = momentum ?? s_sgd.Momentum };
        if (kind != s_muon.Name) return s_adam with { Beta2 = flags.GetValue(_beta2) };
        return s_muon with
        {
            Momentum = momentum ?? s_muon.Momentum,
            RateFactor = flags.GetValue(_muonRate),
            Every = flags.GetValue(_muonEvery),
            Beta2 = flags.GetValue(_beta2),
        };
    }

    private void CheckReadBy(ParseResult flags, Option option, params string[] optimizers)
    {
        string kind = flags.GetValue(_kind)!;
        if (!flags.Given(option) || optimizers.Contains(kind)) return;
        string readers = string.Join(" or ", optimizers);
        throw new UsageException(
            $"{option.Name} is for --optimizer {readers}, and this run's is {kind}: leave it out or choose that one");
    }
}
