// The flags that say how grulm train updates the weights. A flag that the chosen optimizer would not read is refused.

using System.CommandLine;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Commands;

internal sealed class OptimizerFlags
{
    // Gradients are clipped and not divided by their size, so a step has to be far longer than AdamW's.
    private const double SgdRate = 0.5;
    private static readonly SgdOptions Sgd = new();
    private static readonly AdamWOptions Adam = new();
    private static readonly MuonOptions Muon = new();
    private readonly Option<string> kind = Flags.OneOf("--optimizer", [Adam.Name, Sgd.Name, Muon.Name], Adam.Name, "what updates the weights: AdamW, gradient descent with momentum, or Muon (orthogonalised momentum) for the GRU's matrices and AdamW for the rest");
    private readonly Option<double?> rate = Flags.OptionalNumber("--lr", 0, 100, FormattableString.Invariant($"highest learning rate (default {new TrainingOptions().LearningRate}, for sgd {SgdRate})"), above: true);
    private readonly Option<double?> decay = Flags.OptionalNumber("--weight-decay", 0, 10, FormattableString.Invariant($"weight decay, for matrices, in units of the learning rate (default {Adam.WeightDecay}, for sgd {Sgd.WeightDecay})"));
    private readonly Option<double?> momentum = Flags.OptionalNumber("--momentum", 0, 0.99999, FormattableString.Invariant($"how much of the momentum an update of sgd or muon keeps (default {Sgd.Momentum}, for muon {Muon.Momentum})"));
    private readonly Option<double> muonRate = Flags.Number("--muon-lr-factor", 0, 1e6, Muon.RateFactor, "with muon: the learning rate of the GRU's matrices, in multiples of --lr", above: true);
    private readonly Option<int> muonEvery = Flags.Int("--muon-every", 1, 1000, Muon.Every, "with muon: a matrix moves on every so many updates, as far as on all of them together; 1 is the original, and slow");
    private readonly Option<double> beta2 = Flags.Number("--beta2", 0, 0.99999, Adam.Beta2, "AdamW's decay of squared gradients");
    private readonly Option<double> ema = Flags.Number("--ema", 0, 0.99999, Adam.AverageDecay, "running average of the weights, which is what is evaluated and saved: how much an update keeps of it; 0: none");

    public IEnumerable<Symbol> All => [kind, rate, decay, momentum, muonRate, muonEvery, beta2, ema];

    /// <summary>The highest learning rate.</summary>
    public double Rate(ParseResult flags) => flags.GetValue(rate) ?? (flags.GetValue(kind) == Sgd.Name ? SgdRate : new TrainingOptions().LearningRate);

    /// <summary>The optimizer. Throws <see cref="UsageException"/> for a flag of another one.</summary>
    public OptimizerOptions Read(ParseResult flags)
    {
        ReadBy(flags, momentum, Sgd.Name, Muon.Name);
        ReadBy(flags, muonRate, Muon.Name);
        ReadBy(flags, muonEvery, Muon.Name);
        ReadBy(flags, beta2, Adam.Name, Muon.Name);
        var (name, kept) = (flags.GetValue(kind), flags.GetValue(momentum));
        OptimizerOptions options = name == Sgd.Name ? Sgd with { Momentum = kept ?? Sgd.Momentum }
            : name == Muon.Name ? Muon with { Momentum = kept ?? Muon.Momentum, RateFactor = flags.GetValue(muonRate), Every = flags.GetValue(muonEvery), Beta2 = flags.GetValue(beta2) }
            : Adam with { Beta2 = flags.GetValue(beta2) };
        return options with { WeightDecay = flags.GetValue(decay) ?? options.WeightDecay, AverageDecay = flags.GetValue(ema) };
    }

    private void ReadBy(ParseResult flags, Option option, params string[] optimizers)
    {
        if (flags.Given(option) && !optimizers.Contains(flags.GetValue(kind)))
            throw new UsageException($"{option.Name} is for --optimizer {string.Join(" or ", optimizers)}, and this run's is {flags.GetValue(kind)}: leave it out or choose that one");
    }
}
