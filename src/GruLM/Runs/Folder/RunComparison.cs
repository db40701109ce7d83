// Whether a run that goes on finds what it found when it began. Another text or another model to start from would make it another run,
// which is an error; other kernels only change the last digits of its figures, which is worth a note.

namespace GruLM;

/// <summary>Compares what a run finds when it goes on with what it found when it began.</summary>
internal static class RunComparison
{
    /// <summary>Throws for what must not have changed.</summary>
    /// <exception cref="InvalidDataException">The text has changed, or the model that a run without a checkpoint begins from.</exception>
    public static void Check(RunRecord before, RunRecord now, TrainingSettings settings, bool hasCheckpoint, Action<string> notice)
    {
        if (before.Training != now.Training) throw TextChanged("training", before.Training, now.Training, settings);
        if (before.HeldOut != now.HeldOut) throw TextChanged("held-out", before.HeldOut, now.HeldOut, settings);
        if (!hasCheckpoint && before.InitFrom != now.InitFrom)
        {
            throw new InvalidDataException(
                $"{settings.InitFrom}: the model there has changed since this run began; put it back, or begin a new run");
        }

        if (before.Kernels != now.Kernels)
        {
            notice(
                $"the run began on {before.Kernels} kernels and goes on with {now.Kernels}: "
                + "its figures will differ in the last digits from those of one machine");
        }
    }

    private static InvalidDataException TextChanged(string part, TextRecord before, TextRecord now, TrainingSettings settings)
    {
        string names = string.Join(", ", settings.Data);
        string others = before.Bytes == now.Bytes ? " others" : "";
        string had = FormattableString.Invariant($"its {part} part had {before.Bytes:#,0} bytes, now {now.Bytes:#,0}{others}");
        return new InvalidDataException(
            $"{names}: the text has changed since this run began ({had}); "
            + $"put the old text back, or begin a new run from this model with 'InitFrom'");
    }
}
