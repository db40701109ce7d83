// What a person is told of a training run, on standard error: what is being prepared, what the run is going to be, how it goes
// (TrainingDisplay.cs), what came of it, and what to do next.

using System.Globalization;
using GruLM.Corpus;
using GruLM.Model;
using GruLM.Report;
using GruLM.Training;

namespace GruLM.Cli;

/// <summary>Tells of a run. <paramref name="live"/>: standard error is a terminal.</summary>
internal sealed class RunDisplay(TextWriter messages, bool live) : IRunObserver
{
    // With more parameters than this for each token to learn from, a model can know its text by heart.
    private const double MaxParametersPerToken = 5;
    private const double EpochsToLearnByHeart = 8;

    // A last figure that is worse than the best by less than this is as good.
    private const double NoWorse = 1.005;
    private const int UsefulPatience = 3;

    // A training loss below this share of the held-out one is that of a text learned by heart.
    private const double ByHeartShare = 0.8;

    // With fewer tokens than this, epochs pass faster than anybody reads, and there is little to be seen in them.
    private const int FewTokens = 1_000;

    // A run of fewer steps has only begun.
    private const int FewSteps = 30;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    private readonly TrainingDisplay _training = new(messages, live);

    // That of the last epoch.
    private double _trainNll = double.NaN;

    public void OnPhase(string phase) => messages.WriteLine(SettingWords.ToFlags(phase) + " …");

    public void OnNotice(string notice) => messages.WriteLine("note: " + SettingWords.ToFlags(notice));

    public void OnText(CorpusCounts counts) => CorpusDisplay.Write(counts, messages);

    public void OnPrepared(RunPlan plan)
    {
        GruConfig config = plan.Config;
        string output = config.TieWeights ? "tied" : "untied", extras = ModelDescription.LayerExtras(config);
        messages.WriteLine(string.Create(
            s_invariant,
            $"model: vocabulary {config.VocabSize:#,0}, embedding {config.EmbeddingDim}, "
            + $"{config.NumLayers} x {config.HiddenDim} GRU units, {output}{extras}, {plan.Parameters:#,0} parameters"));
    }

    public void OnPlanned(RunPlan plan)
    {
        double epochs = plan.TotalSteps / (double)plan.StepsPerEpoch;
        if (plan.Recipe is not null) WriteRecipe(plan);
        if (plan is { Minutes: { } minutes, IsDone: false })
        {
            string are = minutes == 1 ? "minute is" : "minutes are";
            string steps = plan.TotalSteps == 1 ? "step" : "steps";
            messages.WriteLine(string.Create(
                s_invariant,
                $"{minutes:0.##} {are} time for {plan.TotalSteps:#,0} {steps} or so, {epochs:0.0} epochs, at the speed of now"));
            if (plan.TotalSteps < FewSteps) messages.WriteLine("note: so few steps teach a model next to nothing; give more --minutes");
        }

        if (plan.EpochsThatEndIt is { } end)
        {
            messages.WriteLine(string.Create(
                s_invariant,
                $"note: {end} epochs take less time than that; more passes over a text rarely make a model better "
                + $"(--epochs N makes as many as you say)"));
        }

        _training.OnlyEnd = plan.TokensPerEpoch < FewTokens;
        if (!plan.IsDone) WriteIfLittleText(plan, epochs);
        if (plan.Before is { } before)
        {
            string old = plan.OldBefore is { } own
                ? string.Create(s_invariant, $", and {own.BitsPerByte:0.0000} of what its own training held out")
                : "";
            messages.WriteLine(string.Create(
                s_invariant, $"the model to start from makes {before.BitsPerByte:0.0000} bits/byte of what is held out{old}"));
        }

        string kind = plan.Samples == SampleKind.Lines ? "lines" : "stream", about = plan.RandomBptt ? "about " : "";
        string heldOut = plan.HeldOutTokens is { } tokens ? string.Create(s_invariant, $"{tokens:#,0} held out") : "none held out";
        bool readsSome = plan.EvalTokens > 0 && plan.EvalTokens < plan.HeldOutTokens;
        if (readsSome) heldOut += string.Create(s_invariant, $" (evaluations read about {plan.EvalTokens:#,0} of them)");
        messages.WriteLine(string.Create(
            s_invariant,
            $"training: {plan.TokensPerEpoch:#,0} tokens an epoch ({kind}), {heldOut}, "
            + $"{plan.TotalSteps:#,0} steps of {plan.Lanes} x {about}{plan.Bptt}, {plan.Kernels}{Processes(plan)}"));
    }

    public void OnSteps(StepReport report) => _training.OnSteps(report);

    public void OnEvaluation(EvaluationReport report) => _training.OnEvaluation(report);

    public void OnEpoch(EpochReport report)
    {
        _trainNll = report.Train.MeanNll;
        _training.OnEpoch(report);
    }

    public void OnNotice(long step, string message) => _training.OnNotice(step, message);

    public void OnLengthChanged(long stepsBefore, long stepsNow) => _training.OnLengthChanged(stepsBefore, stepsNow);

    public void OnSample(TrainingSample sample)
    {
        string text = (sample.Prompt + sample.Text).ReplaceLineEndings("⏎");
        if (live) text = TerminalText.Show(text);
        _training.WriteLasting($"sample at step {sample.Step}: {text}");
    }

    /// <summary>Where a run goes on, or that there is nothing left to do.</summary>
    public void WriteStart(RunPlan plan, bool isResumed)
    {
        if (plan.IsDone)
        {
            WriteNothingLeft(plan);
            return;
        }

        if (!isResumed) return;
        messages.WriteLine(plan.Checkpoint is { } checkpoint
            ? $"continuing from {checkpoint}"
            : "no checkpoint was written yet: starting from the beginning");
    }

    /// <summary>What training would take.</summary>
    public void WriteEstimate(RunEstimate estimate)
    {
        string time = TrainingDisplay.Time(estimate.Seconds);
        messages.WriteLine(string.Create(s_invariant, $"memory: about {estimate.Plan.MemoryBytes / 1e6:#,0} MB besides the text"));
        messages.WriteLine(string.Create(
            s_invariant,
            $"speed: {estimate.TokensPerSecond:#,0} tokens a second, {1000 * estimate.SecondsAStep:0.0} ms a step, "
            + $"{estimate.SecondsAnEvaluation:0.0} s an evaluation"));
        messages.WriteLine(string.Create(s_invariant, $"time: about {time} for {estimate.Plan.TotalSteps:#,0} steps"));
        messages.WriteLine("dry run: nothing was written");
    }

    /// <summary>Ends the changing line.</summary>
    public void Finish() => _training.Finish();

    /// <summary>What came of the run, and what to do next. <paramref name="whole"/>: the figures on all of the held-out part, where the
    /// run's own are not those.</summary>
    public void WriteEnd(RunOutcome outcome, RunPlan plan, TrainingSettings settings, EvaluationResult? whole)
    {
        if (!_training.OnlyEnd) messages.Write(_training.Curves());
        RunPosition position = outcome.Position;
        if (!outcome.IsFinished)
        {
            string kept = outcome.KeepsOldModel
                ? $"{settings.OutDir} still holds the old model, until the new run has been evaluated"
                : "the model so far is saved";
            messages.WriteLine(
                $"stopped at step {position.Step:#,0} of {position.TotalSteps:#,0}; {kept}; "
                + $"go on with: {ProgramName.Text} train --resume {ShellWord.Of(settings.OutDir)}");
            if (outcome.KeepsOldModel) return;
        }
        else if (outcome.IsOutOfPatience)
        {
            messages.WriteLine(
                $"ended at step {position.Step:#,0} of {position.TotalSteps:#,0}: "
                + $"{position.EvaluationsSinceBest} evaluations in a row were no better{TimeLeft(position, plan)}");
        }

        WriteBest(position, plan);
        bool keepsBest = outcome.Answers is not { KeepsLast: true };
        if (whole is { } all && keepsBest)
        {
            string figures = TrainingDisplay.Figures(all);
            messages.WriteLine(string.Create(
                s_invariant, $"that model on all {all.Sums.Tokens:#,0} held-out tokens, as eval reads them: {figures}"));
        }

        if (outcome.IsFinished && keepsBest) WriteOverfitting(position, plan);
        if (outcome.Answers is { } answers) WriteAnswers(answers);
        if (outcome.FineTuning is { } comparison) WriteFineTuning(comparison);
        messages.WriteLine($"model in {settings.OutDir}; try: {ProgramName.Text} {Next(plan, ShellWord.Of(settings.OutDir))}");
    }

    // What a model like this is for: an answer, a line of its own, or the rest of a text.
    private static string Processes(RunPlan plan)
    {
        int machines = plan.Hosts.Distinct().Count();
        if (machines == 0) return "";
        string where = machines == 1 ? "" : $" on {machines} machines";
        return string.Create(s_invariant, $", in {plan.Hosts.Count} processes{where}");
    }

    private static string Next(RunPlan plan, string folder) => plan switch
    {
        { HasSingleExchanges: true } => $"chat --model {folder} --temperature 0 --fresh",
        { HasExchanges: true } => $"chat --model {folder}",
        { Samples: SampleKind.Lines } => $"generate --model {folder} (another line each time; --prompt \"…\" gives its beginning)",
        _ => $"generate --model {folder} --prompt \"…\"",
    };

    private void WriteBest(RunPosition position, RunPlan plan)
    {
        if (position.Best is not { } best) return;
        string at = position.BestStep > 0
            ? string.Create(s_invariant, $", at step {position.BestStep:#,0} of {position.Step:#,0}")
            : "";
        string part = best.Sums.Tokens < plan.HeldOutTokens
            ? string.Create(s_invariant, $" (on {best.Sums.Tokens:#,0} of {plan.HeldOutTokens:#,0} held-out tokens)")
            : "";
        messages.WriteLine($"best held-out figures{at}{part}: {TrainingDisplay.Figures(best)}");
    }

    private void WriteRecipe(RunPlan plan)
    {
        Recipe recipe = Recipes.Named(plan.Recipe!)!;
        string time = plan.Seconds is { } seconds ? $": about {TrainingDisplay.Time(seconds)} here; --minutes for more or less" : "";
        messages.WriteLine($"recipe {recipe.Name}, by the text and this machine ({SettingWords.ToFlags(recipe.Description)}){time}");
    }

    private void WriteIfLittleText(RunPlan plan, double epochs)
    {
        if (_training.OnlyEnd)
        {
            string are = plan.TokensPerEpoch == 1 ? "token is" : "tokens are";
            messages.WriteLine($"note: {plan.TokensPerEpoch} {are} little to learn from; of this run only the end is shown");
            return;
        }

        bool isNew = plan is { Recipe: null, StepsDone: 0 };
        if (!isNew || plan.Parameters <= MaxParametersPerToken * plan.TokensPerEpoch || epochs < EpochsToLearnByHeart) return;
        string kept = plan.HeldOutTokens is null
            ? "nothing is held out that would show it"
            : "the folder keeps the model that was best on what is held out";
        messages.WriteLine(string.Create(
            s_invariant,
            $"note: {plan.Parameters:#,0} parameters and {epochs:0} epochs of {plan.TokensPerEpoch:#,0} tokens: later epochs may learn "
            + $"the text by heart; {kept}"));
    }

    // That time is given back.
    private static string TimeLeft(RunPosition position, RunPlan plan)
    {
        double left = ((plan.Minutes ?? 0) * 60) - position.Seconds;
        return left < 1 ? "" : $"; {TrainingDisplay.Time(left)} of the time are not needed";
    }

    // That a run went on learning after its best, and what would have stopped it there. The held-out figure need not get worse for that:
    // it may stand still while the text is learned by heart.
    private void WriteOverfitting(RunPosition position, RunPlan plan)
    {
        if (position is not { Best: { } best, Last: { } last, BestStep: > 0, EvaluationsSinceBest: >= 2 }) return;
        bool isWorse = last.BitsPerByte > NoWorse * best.BitsPerByte;
        bool isByHeart = _trainNll < ByHeartShare * last.Sums.MeanNll;
        if (!isWorse && !(isByHeart && position.EvaluationsSinceBest > UsefulPatience)) return;
        string gap = isByHeart
            ? string.Create(s_invariant, $" (training NLL {_trainNll:0.00}, held-out {last.Sums.MeanNll:0.00})")
            : "";
        long epoch = ((position.BestStep - 1) / Math.Max(1, plan.StepsPerEpoch)) + 1;
        string advice = position.EvaluationsSinceBest > UsefulPatience ? $"; --patience {UsefulPatience} stops there" : "";
        messages.WriteLine(string.Create(
            s_invariant,
            $"best at step {position.BestStep:#,0} of {position.Step:#,0} (epoch {epoch}), and that is the model in the folder; "
            + $"later epochs overfitted{gap}{advice}"));
    }

    private void WriteAnswers(AnswerFigures answers)
    {
        string heldOut = answers.HeldOut is { } held ? $", {held.Right} of {held.Questions} held-out ones" : "";
        messages.WriteLine($"answers wholly right: {answers.Learned.Right} of {answers.Learned.Questions} that it learned from{heldOut}");
        if (answers.KeepsLast)
        {
            messages.WriteLine(
                "note: the last model is kept, not the one with the best held-out figure: it answers more of what it learned, "
                + "and no fewer of what was held out");
        }
    }

    private void WriteFineTuning(FineTuningFigures figures)
    {
        messages.WriteLine(string.Create(
            s_invariant,
            $"held out, before and after: {figures.Before.BitsPerByte:0.0000} and {figures.After.BitsPerByte:0.0000} bits/byte"));
        if (figures is not { OldBefore: { } before, OldAfter: { } after }) return;
        messages.WriteLine(string.Create(
            s_invariant,
            $"the text that the first model was trained on: {before.BitsPerByte:0.0000} and {after.BitsPerByte:0.0000} bits/byte"));
    }

    private void WriteNothingLeft(RunPlan plan)
    {
        if (plan.IsOutOfPatience)
        {
            messages.WriteLine(
                $"nothing is left to do: the last {plan.EvaluationsSinceBest} evaluations were no better; give more --patience to go on");
            return;
        }

        double epochs = plan.StepsDone / (double)Math.Max(1, plan.StepsPerEpoch), minutes = plan.SecondsDone / 60;
        messages.WriteLine(string.Create(
            s_invariant,
            $"nothing is left to do: {plan.StepsDone:#,0} steps are made, the run has {plan.TotalSteps:#,0}; give more to go on, "
            + $"counted from the beginning of the run: --minutes (it took {minutes:0.0#}), --epochs (it made {epochs:0.0#}) "
            + $"or --max-steps"));
    }
}
