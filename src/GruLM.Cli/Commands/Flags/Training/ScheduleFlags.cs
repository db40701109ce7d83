// The flags of grulm train on the learning rate after its highest value, which is the optimizer's, and on the largest gradient.

using System.CommandLine;
using GruLM.Training;

namespace GruLM.Cli.Commands;

/// <summary>From <c>--min-lr</c> to <c>--grad-clip</c>.</summary>
internal sealed class ScheduleFlags
{
    private const string Plateau = "plateau";

    private static readonly TrainingOptions s_defaults = new();

    private readonly Option<double?> _minRate = Flags.OptionalNumber(
        "--min-lr", 0, 100, "learning rate at the end, or below which it is not cut (default: a hundredth of --lr)");
    private readonly Option<int> _warmupSteps = Flags.Int(
        "--warmup-steps", 0, int.MaxValue, (int)s_defaults.WarmupSteps, "steps over which the learning rate rises");
    private readonly Option<string> _schedule = Flags.OneOf(
        "--schedule", ["cosine", "linear", "wsd", "constant", Plateau], "cosine",
        "how the learning rate falls; plateau: it is cut whenever the held-out figure stands still");
    private readonly Option<int> _plateauPatience = Flags.Int(
        "--plateau-patience", 1, int.MaxValue, s_defaults.PlateauPatience,
        "with --schedule plateau: evaluations in a row without a better figure after which the rate is cut");
    private readonly Option<double> _plateauFactor = Flags.Number(
        "--plateau-factor", 0, 0.99999, s_defaults.PlateauFactor, "what such a cut multiplies the rate by, down to --min-lr",
        above: true);
    private readonly Option<double> _gradClip = Flags.Number(
        "--grad-clip", 0, 1e9, s_defaults.GradClip, "largest gradient norm; 0: no clipping");

    public IReadOnlyList<Option> Options => [_minRate, _warmupSteps, _schedule, _plateauPatience, _plateauFactor, _gradClip];

    /// <summary>Refuses flags of a schedule that is not this run's.</summary>
    /// <exception cref="UsageException">There is one.</exception>
    public void Check(ParseResult flags)
    {
        string chosen = flags.GetValue(_schedule)!;
        if (chosen == Plateau) return;
        if (new Option[] { _plateauPatience, _plateauFactor }.FirstOrDefault(flags.Given) is not { } other) return;
        throw new UsageException(
            $"{other.Name} is for --schedule plateau, and this run's is {chosen}: leave it out or choose that one");
    }

    /// <summary>The options with this schedule; <paramref name="highest"/> is the highest learning rate.</summary>
    public TrainingOptions AddTo(TrainingOptions options, double highest, ParseResult flags) => options with
    {
        LearningRate = highest,
        MinLearningRate = Math.Min(flags.GetValue(_minRate) ?? highest / 100, highest),
        WarmupSteps = flags.GetValue(_warmupSteps),
        Schedule = Enum.Parse<ScheduleKind>(flags.GetValue(_schedule)!, ignoreCase: true),
        PlateauPatience = flags.GetValue(_plateauPatience),
        PlateauFactor = flags.GetValue(_plateauFactor),
        GradClip = flags.GetValue(_gradClip),
    };
}
