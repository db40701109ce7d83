// What is asked for of the length of a run that goes on. A run that has come to its end goes on for what is asked for, epochs, steps or
// minutes: the limits that ended it, and that nobody asked for, give way.

using GruLM.Training;

namespace GruLM;

/// <summary>Which limits of a run's length were asked for when it was to go on. All are counted from the beginning of the run.</summary>
/// <param name="Epochs">Passes over the text.</param>
/// <param name="Steps">Updates.</param>
/// <param name="Minutes">Time.</param>
internal readonly record struct AskedLength(bool Epochs, bool Steps, bool Minutes)
{
    // From here on the end of a run's epochs is near.
    private const double ShareNearTheEnd = 0.8;

    // The most that the table of settings takes.
    private const int MostEpochs = 1_000_000;

    /// <summary>Whether anything was asked for.</summary>
    public bool IsAny => Epochs || Steps || Minutes;

    /// <summary>Changes the settings of a run that goes on; null: not at all.</summary>
    /// <exception cref="ArgumentException">What was changed may not be, or the settings make no sense.</exception>
    public static (TrainingSettings Settings, AskedLength Asked) Change(
        TrainingSettings settings, Func<TrainingSettings, TrainingSettings>? change)
    {
        AskedLength asked = default;
        if (change is not null)
        {
            TrainingSettings changed = change(settings) ?? throw new ArgumentException("the changed settings are null");
            asked = Of(settings, changed, change);
            SettingsCheck.CheckChange(settings, changed);
            settings = changed;
        }

        SettingsCheck.Check(settings);
        return (settings, asked);
    }

    /// <summary>What a change of settings asks for. What is given as it stands already is asked for, too: of a run that time ended, its
    /// own number of epochs is more than it has made.</summary>
    internal static AskedLength Of(TrainingSettings before, TrainingSettings after, Func<TrainingSettings, TrainingSettings> change)
    {
        bool hasOthers = after.Epochs != before.Epochs || after.MaxSteps != before.MaxSteps || after.Minutes != before.Minutes;
        if (hasOthers)
        {
            return new AskedLength(
                after.Epochs != before.Epochs, after.MaxSteps != before.MaxSteps && after.MaxSteps > 0, after.Minutes != before.Minutes);
        }

        bool isEpochs = before.Epochs is not null && change(before with { Epochs = null }).Epochs is not null;
        return new AskedLength(isEpochs, Steps: false, Minutes: false);
    }

    /// <summary>The settings of a run that had come to its end, without the limits that are in the way of what is asked for.</summary>
    /// <param name="settings">What was asked for among them.</param>
    /// <param name="position">Where the run stands.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    public TrainingSettings WithoutOtherLimits(TrainingSettings settings, RunPosition position, int stepsPerEpoch) => settings with
    {
        Minutes = Minutes ? settings.Minutes : null,
        MaxSteps = Steps ? settings.MaxSteps : 0,
        Epochs = Epochs ? settings.Epochs
            : Steps ? EpochsOf(settings.MaxSteps, settings.Epochs, stepsPerEpoch)
            : HasNearlyMadeItsEpochs(settings, position, stepsPerEpoch) ? null
            : settings.Epochs,
    };

    // As many as so many steps begin; epochs may differ a little in length.
    private static int? EpochsOf(int steps, int? epochs, int stepsPerEpoch) =>
        epochs is null ? null : Math.Max(epochs.Value, Math.Min((steps / stepsPerEpoch) + 2, MostEpochs));

    // A run of a few steps reads as much text as they need: its epochs end with its steps, or soon after.
    private static bool HasNearlyMadeItsEpochs(TrainingSettings settings, RunPosition position, int stepsPerEpoch)
    {
        if (settings.Epochs is not { } epochs) return false;
        bool isByLimit = settings.MaxSteps > 0 && position.Step >= settings.MaxSteps;
        return position.Epoch >= epochs || (isByLimit && position.Step >= ShareNearTheEnd * epochs * stepsPerEpoch);
    }
}
