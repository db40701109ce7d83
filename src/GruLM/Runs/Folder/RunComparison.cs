// Whether a run that goes on finds what it found when it began. Another text or another model to start from would make it another run,
// which is an error, and so would other settings of those that decide its course; other kernels change its figures little, which is worth
// a note.

using GruLM.Corpus;

namespace GruLM;

/// <summary>Compares what a run finds when it goes on with what it found when it began.</summary>
internal static class RunComparison
{
    /// <summary>The parts of a run's text, as they are called.</summary>
    public const string Training = "training", HeldOut = "held-out";

    /// <summary>Throws for what must not have changed; <paramref name="namesAnother"/> says of a part whether another text was named for
    /// it than the one that the run began with.</summary>
    /// <exception cref="InvalidDataException">The text has changed, or the model that a run without a checkpoint begins from.</exception>
    public static void Check(
        RunRecord before, RunRecord now, TrainingSettings settings, Func<string, bool> namesAnother, bool hasCheckpoint,
        Action<string> notice)
    {
        if (before.Training != now.Training) throw CannotGoOn(Training, before.Training, now.Training);
        if (before.HeldOut != now.HeldOut) throw CannotGoOn(HeldOut, before.HeldOut, now.HeldOut);
        if (!hasCheckpoint && before.InitFrom != now.InitFrom)
        {
            throw new InvalidDataException(
                $"{settings.InitFrom}: the model there has changed since this run began; put it back, or begin a new run");
        }

        if (before.Kernels != now.Kernels)
        {
            string where = IsBf16(before.Kernels) == IsBf16(now.Kernels) ? " in the last digits" : "";
            notice(
                $"the run began on {before.Kernels} kernels and goes on with {now.Kernels}: "
                + $"its figures will differ{where} from those of one machine");
        }

        InvalidDataException CannotGoOn(string part, TextRecord then, TextRecord found)
        {
            string what = namesAnother(part)
                ? TextIsAnother(NamesOf(part, settings), part, then, found)
                : TextChanged(part, then, found, settings);
            return new(what + "or begin a new run from this model with 'InitFrom'");
        }
    }

    /// <summary>The settings that decide a run's course, under their names. Places of texts are no part of it, since these are known by
    /// their content; nor are settings that may change, or the plan that is written when a run of minutes has ended.</summary>
    public static IReadOnlyDictionary<string, string> Course(TrainingSettings settings) => SettingsTable.All
        .Where(setting => !setting.MayChange && !setting.IsPath && setting.Property != nameof(TrainingSettings.StepPlan))
        .Where(setting => settings.InitFrom is null || !setting.IsOfModel)
        .ToDictionary(setting => setting.Name, setting => setting.Text(settings));

    /// <summary>Throws for settings in <paramref name="file"/> that are not those that the run began with.</summary>
    /// <exception cref="InvalidDataException">Somebody has changed one.</exception>
    public static void CheckSettings(RunRecord record, TrainingSettings settings, string file)
    {
        if (record.Settings is not { } before) return;
        IReadOnlyDictionary<string, string> byDefault = Course(new TrainingSettings());
        foreach ((string name, string now) in Course(settings))
        {
            // A setting that was not there yet when the run began does what it did then.
            string then = before.GetValueOrDefault(name) ?? byDefault[name];
            if (now == then) continue;
            string property = SettingsTable.Named(name)!.Property, wanted = then.Length == 0 ? "nothing" : then;
            throw new InvalidDataException(
                $"{file}: '{property}' is {now} there, and this run began with {wanted}, so that it would become another run; "
                + $"put {wanted} back, or begin a new run");
        }
    }

    /// <summary>That a text is not what it was, in front of what can be done.</summary>
    public static string TextChanged(string part, TextRecord before, TextRecord now, TrainingSettings settings)
    {
        string whose = part == HeldOut && settings.ValData is not null ? "it" : $"its {part} part";
        string names = string.Join(", ", NamesOf(part, settings));
        return $"{names}: the text has changed since this run began ({Sizes(whose, before, now)}); put the old text back, ";
    }

    /// <summary>That a text which was named in place of the run's own is another, in front of what can be done.</summary>
    public static string TextIsAnother(IReadOnlyList<string> names, string part, TextRecord before, TextRecord now) =>
        $"{string.Join(", ", names.Select(CorpusFiles.DisplayName))}: not the text that this run began with "
        + $"({Sizes($"the {part} part", before, now)}); name that one, ";

    /// <summary>The names of the texts that a part comes from.</summary>
    public static IReadOnlyList<string> NamesOf(string part, TrainingSettings settings) =>
        part == HeldOut && settings.ValData is { } own ? [own] : settings.Data;

    /// <summary>Whether the texts that were <paramref name="asked"/> for have other names than those that a run recorded.</summary>
    public static bool AreOthers(string part, TrainingSettings asked, TrainingSettings recorded) =>
        !NamesOf(part, asked).Select(Path.GetFullPath).SequenceEqual(NamesOf(part, recorded).Select(Path.GetFullPath));

    private static string Sizes(string whose, TextRecord before, TextRecord now) => FormattableString.Invariant(
        $"{whose} had {before.Bytes:#,0} bytes, now {now.Bytes:#,0}{(before.Bytes == now.Bytes ? " others" : "")}");

    private static bool IsBf16(string kernels) => kernels.Contains("bf16", StringComparison.Ordinal);
}
