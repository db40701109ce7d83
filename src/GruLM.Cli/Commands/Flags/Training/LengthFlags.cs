// The flags of grulm train on how long it trains: passes, steps, minutes, or the recorded plan of a run of minutes.

using System.CommandLine;
using GruLM.Cli.Runs;
using GruLM.Training;

namespace GruLM.Cli.Commands;

/// <summary><c>--epochs</c>, <c>--max-steps</c>, <c>--minutes</c> and <c>--step-plan</c>.</summary>
internal sealed class LengthFlags
{
    private readonly Option<int> _epochs = Flags.Int(
        "--epochs", 1, 1_000_000, new TrainingOptions().Epochs, "passes over the training text");
    private readonly Option<int> _maxSteps = Flags.Int("--max-steps", 0, int.MaxValue, 0, "ends training after so many steps; 0: no limit");
    private readonly Option<double?> _minutes = Flags.OptionalNumber(
        "--minutes", 0, 1e6,
        "time to train for, all told: the number of steps follows the speed, so that the run and its schedule end on time",
        above: true);
    private readonly Option<IReadOnlyList<PlannedSteps>?> _plan = Flags.Optional(
        "--step-plan", "STEP:TOTAL,…",
        "from which step on the run was laid out for how many, as settings.json of a run of --minutes tells it: to repeat that run",
        StepPlan.Parse);

    public IReadOnlyList<Option> Options => [_epochs, _maxSteps, _minutes, _plan];

    public TrainSettings AddTo(TrainSettings settings, ParseResult flags) => settings with
    {
        Minutes = flags.GetValue(_minutes) ?? 0,
        EpochsGiven = flags.Given(_epochs),
    };

    public TrainingOptions AddTo(TrainingOptions options, ParseResult flags) => options with
    {
        Epochs = flags.GetValue(_epochs),
        MaxSteps = flags.GetValue(_maxSteps),
        Plan = flags.GetValue(_minutes) is null ? flags.GetValue(_plan) ?? [] : [],
    };
}
