// Whether settings make sense together, as far as that is known without reading anything: ranges are the table's, the rest stands here.

using GruLM.Corpus;
using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>Checks settings.</summary>
internal static class SettingsCheck
{
    /// <summary>Throws for the first thing that is wrong.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range, or settings do not go together.</exception>
    public static void Check(TrainingSettings settings)
    {
        if (string.IsNullOrEmpty(settings.OutDir)) throw new ArgumentException("'OutDir' is empty; the new model needs a folder");
        if (settings.Data is null or { Count: 0 })
        {
            throw new ArgumentException("'Data' names no text; name a file, a folder or - for standard input");
        }

        if (settings.Data.Any(string.IsNullOrEmpty)) throw new ArgumentException("'Data' holds an empty name");
        foreach (Setting setting in SettingsTable.All)
        {
            if (setting.Problem(settings) is { } problem) throw new ArgumentException(problem);
        }

        CheckModel(settings);
        CheckOptimizer(settings);
        CheckSchedule(settings);
        CheckHeldOut(settings);

        // How the model that training starts from was trained is not known yet.
        bool takesItsSamples = settings is { InitFrom: not null, Samples: null, MaskPrompt: true };
        TrainingChecks.CheckSettings(SettingsDecided.Options(takesItsSamples ? settings with { Samples = SampleKind.Lines } : settings));
    }

    /// <summary>Throws where a run that goes on was given another setting than those that may change.</summary>
    /// <exception cref="ArgumentException">It was.</exception>
    public static void CheckChange(TrainingSettings before, TrainingSettings after)
    {
        Setting? other = SettingsTable.All.FirstOrDefault(
            setting => !setting.MayChange && !setting.MayMove && setting.Text(before) != setting.Text(after));
        if (other is null && after.OutDir == before.OutDir) return;
        IEnumerable<Setting> changeable = SettingsTable.All.Where(setting => setting.MayChange);
        string allowed = string.Join(", ", changeable.Select(setting => $"'{setting.Property}'"));
        string changed = other?.Property ?? nameof(after.OutDir);
        throw new ArgumentException($"'{changed}' cannot be changed when a run goes on; only {allowed} can");
    }

    // Sizes that are the defaults are those of nobody in particular.
    private static void CheckModel(TrainingSettings settings)
    {
        if (settings.InitFrom is null) return;
        var byDefault = new TrainingSettings();
        if (SettingsTable.All.FirstOrDefault(s => s.IsOfModel && s.Text(settings) != s.Text(byDefault)) is not { } other) return;
        throw new ArgumentException(
            $"'{other.Property}' cannot be given beside 'InitFrom': sizes and tokenizer are those of the model in {settings.InitFrom}");
    }

    private static void CheckOptimizer(TrainingSettings settings)
    {
        CheckReadBy(settings.Momentum, nameof(settings.Momentum), OptimizerKind.Sgd, OptimizerKind.Muon);
        CheckReadBy(settings.MuonRateFactor, nameof(settings.MuonRateFactor), OptimizerKind.Muon);
        CheckReadBy(settings.MuonEvery, nameof(settings.MuonEvery), OptimizerKind.Muon);
        CheckReadBy(settings.Beta2, nameof(settings.Beta2), OptimizerKind.AdamW, OptimizerKind.Muon);

        void CheckReadBy(double? value, string property, params OptimizerKind[] optimizers)
        {
            if (value is null || optimizers.Contains(settings.Optimizer)) return;
            string readers = string.Join(" or ", optimizers), chosen = settings.Optimizer.ToString().ToLowerInvariant();
            throw new ArgumentException(
                $"'{property}' is for 'Optimizer = {readers}', and this run's is {chosen}: leave it out or choose that one");
        }
    }

    private static void CheckSchedule(TrainingSettings settings)
    {
        if (settings.Schedule == ScheduleKind.Plateau) return;
        string? other = settings.PlateauPatience is not null ? nameof(settings.PlateauPatience)
            : settings.PlateauFactor is not null ? nameof(settings.PlateauFactor)
            : null;
        if (other is null) return;
        string chosen = settings.Schedule.ToString().ToLowerInvariant();
        throw new ArgumentException(
            $"'{other}' is for 'Schedule = Plateau', and this run's is {chosen}: leave it out or choose that one");
    }

    // Without held-out text nothing may depend on its figures.
    private static void CheckHeldOut(TrainingSettings settings)
    {
        if (settings is { ValSplit: HeldOutSplit.Random, Samples: null or SampleKind.Stream, InitFrom: null })
        {
            throw new ArgumentException("'ValSplit = Random' needs 'Samples = Lines': of a stream the end is held out");
        }

        if (settings.ValData is not null || settings.ValFraction > 0) return;
        string? judge = settings.Patience > 0 ? "'Patience'"
            : settings.Schedule == ScheduleKind.Plateau ? "'Schedule = Plateau'"
            : null;
        if (judge is null) return;
        throw new ArgumentException($"{judge} needs held-out text to judge by: give 'ValData' or a 'ValFraction' above 0");
    }
}
