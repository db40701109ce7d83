// The training loop: batches in order, loss and gradients, clipping, update; reports, evaluations, the best model and
// checkpoints in between. It knows no text and prints nothing.

using System.Diagnostics;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>How a run ended.</summary>
/// <param name="Position">Where it stands.</param>
/// <param name="Finished">Whether it came to its end; false when it was stopped.</param>
public sealed record TrainingResult(RunPosition Position, bool Finished);

/// <summary>Trains a model on data. One use.</summary>
public sealed class Trainer
{
    // A model that stays broken for this long will not mend itself.
    private const int MostSkippedInARow = 10;

    // Far beyond what healthy training does: a loss twice that of guessing, a gradient a hundred times the usual one, once it is known.
    private const double ExplodedLoss = 2;
    private const double ExplodedNorm = 100;
    private const int StepsToKnowNorm = 50;
    private const double NormMemory = 0.95;

    // Epochs can take hours.
    private const double MostSecondsUnsaved = 600;

    // A run that had this share of its time is not taken up again for the rest; a change of plan smaller than this share is not news.
    private const double MostTimeSpent = 0.95;
    private const double WorthSaying = 0.1;

    private readonly ITrainableModel model;
    private readonly ITrainingData data;
    private readonly HeldOut? heldOut;
    private readonly TrainingOptions options;
    private readonly string? folder;
    private readonly ITrainingObserver observer;
    private readonly TimeBudget? budget;
    private readonly EpochCount epochs;
    private readonly BatchParts parts;
    private readonly Stopwatch clock = new();
    private LearningRateSchedule schedule;
    private RunPosition position = new();
    private double secondsBefore;
    private long announced;
    private long savedAt = -1;
    private double savedSeconds;

    /// <summary>Sets up a run. With a <paramref name="folder"/>, the best model is saved there and checkpoints under it. With a <paramref name="budget"/>
    /// the run ends when that is spent, if not before; its number of steps follows the speed.
    /// Throws <see cref="ArgumentException"/> for a plateau schedule without held-out data.</summary>
    public Trainer(ITrainableModel model, ITrainingData data, HeldOut? heldOut, TrainingOptions options, string? folder, ITrainingObserver observer, TimeBudget? budget = null)
    {
        (this.model, this.data, this.heldOut, this.options, this.folder, this.observer, this.budget) = (model, data, heldOut, options, folder, observer, budget);
        if (options.Schedule == ScheduleKind.Plateau && heldOut is null) throw new ArgumentException("the plateau schedule needs held-out data to judge by");
        epochs = new EpochCount(data, options.Epochs);
        parts = new BatchParts(options);
        schedule = new LearningRateSchedule(options.Schedule, options.LearningRate, options.MinLearningRate, options.WarmupSteps, 0) { CutFactor = options.PlateauFactor };
        if (budget is not null)
        {
            Decide(budget.StepsLeft(0, data, options));
            return;
        }

        LayOut(long.MaxValue);
        FollowPlan();
    }

    /// <summary>Updates that the run will make, as far as is known yet.</summary>
    public long TotalSteps => position.TotalSteps;

    /// <summary>Where the run stands.</summary>
    public RunPosition Position => position;

    /// <summary>Whether the held-out figure has not improved for as long as the run was told to wait.</summary>
    public bool OutOfPatience => options.Patience > 0 && position.EvaluationsSinceBest >= options.Patience;

    /// <summary>Whether there is nothing left to do.</summary>
    public bool Done => AtEnd && !EvaluationDue;

    private double Seconds => secondsBefore + clock.Elapsed.TotalSeconds;

    private bool AtEnd => position.Step >= position.TotalSteps || OutOfPatience;

    private bool AtEndOfEpoch => position.Step > 0 && position.IndexInEpoch == 0;

    private bool EvaluationDue =>
        heldOut is not null && position.Step > 0 && position.EvaluatedStep != position.Step
        && (AtEnd || AtEndOfEpoch || (options.EvalInterval > 0 && position.Step % options.EvalInterval == 0));

    private bool SaveDue =>
        AtEndOfEpoch || (options.SaveInterval > 0 && position.Step % options.SaveInterval == 0) || clock.Elapsed.TotalSeconds - savedSeconds >= MostSecondsUnsaved;

    /// <summary>Continues from a checkpoint's position instead of the start. Where time decided the number of steps, that decision stays until there is
    /// a new one: more time, or more <see cref="TrainingOptions.MaxSteps"/> than it came to.</summary>
    public void ContinueFrom(RunPosition start)
    {
        (position, savedAt) = (start with { TotalSteps = position.TotalSteps }, start.Step);
        bool timed = start.Plan.Count > 0;
        if (timed) LayOut(start.TotalSteps);
        if (budget is null && timed && AtEnd && options.MaxSteps > start.TotalSteps) Decide(options.MaxSteps);
        if (budget is null || (timed && !(AtEnd && start.Seconds < MostTimeSpent * budget.Seconds))) return;
        if (!timed) position = position with { Plan = [new PlannedSteps(0, start.TotalSteps)] };
        Decide(start.Step + budget.StepsLeft(start.Seconds, data, options));
    }

    /// <summary>Runs to the end, or until <paramref name="cancel"/>, in which case a checkpoint is written first.
    /// Throws <see cref="InvalidDataException"/> when loss or gradients stay broken, <see cref="IOException"/> when nothing can be saved.</summary>
    public TrainingResult Run(CancellationToken cancel = default)
    {
        secondsBefore = position.Seconds;
        clock.Start();

        // Where the run was stopped inside an evaluation, it still owes it.
        if (EvaluationDue) Evaluate(cancel);
        while (!AtEnd && !cancel.IsCancellationRequested)
        {
            if (budget is not null && budget.LookDue(Seconds)) Decide(position.Step + budget.StepsLeft(Seconds, data, options));
            Advance();
            if (EvaluationDue) Evaluate(cancel);
            if (options.SampleEvery > 0 && position.Step % options.SampleEvery == 0) observer.OnSampleDue(position.Step);
            if (SaveDue && !cancel.IsCancellationRequested) Save();
            FollowPlan();
        }

        Save();
        return new TrainingResult(position, AtEnd);
    }

    // One update, and the reports that follow from it.
    private void Advance()
    {
        double start = clock.Elapsed.TotalSeconds;
        int epoch = position.Epoch, steps = data.StepsInEpoch(epoch), index = position.IndexInEpoch;
        var (sums, norm, rate) = Step(data.Batch(epoch, index));
        bool last = index == steps - 1;
        double seconds = clock.Elapsed.TotalSeconds - start;
        budget?.OnStep(seconds);
        position = position with
        {
            Step = position.Step + 1, Epoch = last ? epoch + 1 : epoch, IndexInEpoch = last ? 0 : index + 1,
            Tokens = position.Tokens + sums.Tokens, Seconds = Seconds,
            EpochSums = position.EpochSums + sums, EpochSeconds = position.EpochSeconds + seconds,
            RecentSums = position.RecentSums + sums, RecentSeconds = position.RecentSeconds + seconds,
        };
        if (position.Step % Math.Max(1, options.LogInterval) == 0 || AtEnd) Report(epoch, norm, rate);
        if (last || AtEnd) observer.OnEpoch(new EpochReport(epoch + 1, epochs.Begun(position.TotalSteps), index + 1, steps, position.EpochSums, position.EpochSeconds));
        if (last) position = position with { EpochSums = default, EpochSeconds = 0 };
    }

    private (LossSums Sums, double Norm, double Rate) Step(TokenBatch batch)
    {
        long counted = 0;
        foreach (int target in batch.Targets)
            if (target != TokenBatch.Ignored) counted++;
        var sums = default(LossSums);
        for (int part = 0; part < parts.Count(batch); part++)
            sums += model.ForwardBackward(parts.Part(batch, part), counted, (position.Step * options.GradAccum) + part);
        double rate = schedule.At(position.Step, position.RateCuts) * data.RateFactor(batch);
        if (counted == 0)
        {
            // The middle of a long prompt that is not learned: its state goes on to the next window, and there is nothing to update by.
            model.DiscardGradients();
            return (default, 0, rate);
        }

        double norm = model.GradientNorm();
        if (WrongWith(sums, norm) is not { } wrong)
        {
            model.Update(rate, options.GradClip > 0 && norm > options.GradClip ? options.GradClip / norm : 1);
            position = position with { SkippedInARow = 0, UsualNorm = position.Step == 0 ? norm : (NormMemory * position.UsualNorm) + ((1 - NormMemory) * norm) };
            return (sums, norm, rate);
        }

        model.DiscardGradients();
        observer.OnNotice(position.Step + 1, $"step {position.Step + 1}: {wrong}; the step was skipped");
        position = position with { SkippedInARow = position.SkippedInARow + 1 };
        if (position.SkippedInARow >= MostSkippedInARow)
            throw new InvalidDataException($"{position.SkippedInARow} steps in a row went wrong, the last because {wrong}: training has diverged; try a lower --lr or --grad-clip. What was saved before is kept");
        return (default, norm, rate);
    }

    private string? WrongWith(LossSums sums, double norm)
    {
        if (!double.IsFinite(sums.Nll) || !double.IsFinite(norm)) return "the loss or its gradient is not finite";
        if (sums.MeanNll > ExplodedLoss * Math.Log(model.Config.VocabSize)) return FormattableString.Invariant($"the loss is {sums.MeanNll:0.0}, far worse than guessing");
        if (position.Step >= StepsToKnowNorm && norm > ExplodedNorm * position.UsualNorm) return FormattableString.Invariant($"the gradient's norm is {norm:0.0e+0}, usually it is {position.UsualNorm:0.0e+0}");
        return null;
    }

    private void Report(int epoch, double norm, double rate)
    {
        var recent = position.RecentSums;
        observer.OnSteps(new StepReport(
            position.Step, position.TotalSteps, epoch, position.Tokens, position.Seconds, recent.MeanNll, recent.Accuracy, rate, norm,
            recent.Tokens / Math.Max(position.RecentSeconds, 1e-9), position.Seconds / position.Step * (position.TotalSteps - position.Step)));
        position = position with { RecentSums = default, RecentSeconds = 0 };
    }

    private void Evaluate(CancellationToken cancel)
    {
        double start = clock.Elapsed.TotalSeconds;
        model.SwapAverage();
        try
        {
            var result = Evaluation.Quick(model, heldOut!, options.EvalTokens, cancel);
            bool isBest = double.IsFinite(result.Sums.MeanNll) && !(position.Best?.Sums.MeanNll <= result.Sums.MeanNll);
            position = position with { EvaluatedStep = position.Step, EvaluationsSinceBest = isBest ? 0 : position.EvaluationsSinceBest + 1, Seconds = Seconds };
            if (isBest)
            {
                position = position with { Best = result };
                if (folder is not null) model.Save(folder);
            }

            budget?.OnEvaluation(clock.Elapsed.TotalSeconds - start);
            observer.OnEvaluation(new EvaluationReport(position.Step, position.Tokens, position.Seconds, result, isBest));
            if (options.Schedule == ScheduleKind.Plateau && !schedule.Rises(position.Step)) WatchPlateau(isBest);
        }
        catch (OperationCanceledException)
        {
            // Stopped in the middle: the figure is dropped, the run ends as at any other point and evaluates first when it goes on.
        }
        finally
        {
            model.SwapAverage();
        }
    }

    // Cuts the learning rate when the held-out figure has stood still for long enough.
    private void WatchPlateau(bool isBest)
    {
        position = position with { EvaluationsOnPlateau = isBest ? 0 : position.EvaluationsOnPlateau + 1 };
        if (position.EvaluationsOnPlateau < options.PlateauPatience) return;
        double before = schedule.At(position.Step, position.RateCuts), after = schedule.At(position.Step, position.RateCuts + 1);
        position = position with { EvaluationsOnPlateau = 0 };
        if (after >= before) return;
        position = position with { RateCuts = position.RateCuts + 1 };
        observer.OnNotice(position.Step, FormattableString.Invariant($"no better for {options.PlateauPatience} evaluation(s): the learning rate is {after:0.0e+0} from here on"));
    }

    private void Save()
    {
        if (folder is null || savedAt == position.Step) return;
        double start = clock.Elapsed.TotalSeconds;

        // Until an evaluation has chosen a best model, the folder's is the latest.
        if (position.Best is null)
        {
            model.SwapAverage();
            model.Save(folder);
            model.SwapAverage();
        }

        observer.OnCheckpoint(Checkpoint.Save(folder, model, position, options.Keep));
        (savedAt, savedSeconds) = (position.Step, clock.Elapsed.TotalSeconds);
        budget?.OnSaving(savedSeconds - start);
    }

    // A plan that was recorded is followed at the steps it was made at.
    private void FollowPlan()
    {
        while (position.Plan.Count < options.Plan.Count && options.Plan[position.Plan.Count] is var next && next.Step <= position.Step)
        {
            LayOut(next.TotalSteps);
            position = position with { Plan = [.. position.Plan, next] };
        }
    }

    // Time, or whoever continues the run, decides on another number of steps, and that is written down.
    private void Decide(long total)
    {
        LayOut(total);
        var before = position.Plan.Where(p => p.Step < position.Step).ToList();
        if (before.Count == 0 || before[^1].TotalSteps != position.TotalSteps) before.Add(new PlannedSteps(position.Step, position.TotalSteps));
        position = position with { Plan = before };
        if (announced > 0 && Math.Abs(position.TotalSteps - announced) < WorthSaying * announced) return;
        if (announced > 0) observer.OnNotice(position.Step, FormattableString.Invariant($"at the speed of now there is time for {position.TotalSteps:#,0} steps, not for {announced:#,0}"));
        announced = position.TotalSteps;
    }

    private void LayOut(long total)
    {
        position = position with { TotalSteps = epochs.Cap(options.MaxSteps > 0 ? Math.Min(total, options.MaxSteps) : total) };
        schedule = schedule with { Total = position.TotalSteps };
    }
}
