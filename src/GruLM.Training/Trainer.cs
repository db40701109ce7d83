// The training loop: batches in order, loss and gradients, clipping, update; reports, evaluations, the best model and
// checkpoints in between. It knows no text and prints nothing.

using System.Diagnostics;
using GruLM.Model;

namespace GruLM.Training;

/// <summary>How a run ended.</summary>
/// <param name="Position">Where it stands.</param>
/// <param name="Finished">Whether all steps were made; false when it was stopped.</param>
/// <param name="Best">The best evaluation; null without held-out text.</param>
public sealed record TrainingResult(RunPosition Position, bool Finished, EvaluationResult? Best);

/// <summary>Trains a model on data. One use.</summary>
public sealed class Trainer
{
    // A model that stays broken for this long will not mend itself.
    private const int MostSkippedInARow = 10;

    private readonly ITrainableModel model;
    private readonly ITrainingData data;
    private readonly HeldOut? heldOut;
    private readonly TrainingOptions options;
    private readonly string? folder;
    private readonly ITrainingObserver observer;
    private readonly LearningRateSchedule schedule;
    private readonly long totalSteps;
    private readonly Stopwatch clock = new();
    private RunPosition position = new();
    private EvaluationResult? best;
    private EvaluationResult? lastEvaluation;
    private long evaluatedAt = -1;
    private long savedAt = -1;
    private int skipped;

    // Sums since the last report.
    private LossSums recent;
    private double recentSeconds;

    /// <summary>Sets up a run. With a <paramref name="folder"/>, the best model is saved there and checkpoints under it.</summary>
    public Trainer(ITrainableModel model, ITrainingData data, HeldOut? heldOut, TrainingOptions options, string? folder, ITrainingObserver observer)
    {
        (this.model, this.data, this.heldOut, this.options, this.folder, this.observer) = (model, data, heldOut, options, folder, observer);
        totalSteps = CountSteps(data, options);
        schedule = new LearningRateSchedule(options.Schedule, options.LearningRate, options.MinLearningRate, options.WarmupSteps, totalSteps);
        position = position with { TotalSteps = totalSteps };
    }

    /// <summary>Updates that the run will make.</summary>
    public long TotalSteps => totalSteps;

    /// <summary>The number of updates that <paramref name="options"/> ask of <paramref name="data"/>.</summary>
    public static long CountSteps(ITrainingData data, TrainingOptions options)
    {
        long steps = 0;
        for (int epoch = 0; epoch < options.Epochs && (options.MaxSteps == 0 || steps < options.MaxSteps); epoch++) steps += data.StepsInEpoch(epoch);
        return options.MaxSteps > 0 ? Math.Min(steps, options.MaxSteps) : steps;
    }

    /// <summary>Continues from a checkpoint's position instead of the start.</summary>
    public void ContinueFrom(RunPosition start)
    {
        position = start with { TotalSteps = totalSteps };
        savedAt = start.Step;
    }

    /// <summary>Runs to the end, or until <paramref name="cancel"/>, in which case a checkpoint is written first.
    /// Throws <see cref="InvalidDataException"/> when loss or gradients stay infinite or NaN.</summary>
    public TrainingResult Run(CancellationToken cancel = default)
    {
        double before = position.Seconds;
        clock.Start();
        bool finished = true;
        while (position.Step < totalSteps)
        {
            if (cancel.IsCancellationRequested)
            {
                finished = false;
                break;
            }

            RunEpoch(before, cancel);
        }

        // A run stopped before its first evaluation has no model in its folder yet; one that ended has its last state judged.
        if (heldOut is not null && finished && evaluatedAt != position.Step) Evaluate(CancellationToken.None);
        if (folder is not null && (heldOut is null || position.BestNll is null)) model.Save(folder);
        Save();
        return new TrainingResult(position, finished, best);
    }

    private void RunEpoch(double before, CancellationToken cancel)
    {
        int epoch = position.Epoch, steps = data.StepsInEpoch(epoch);
        double epochStart = clock.Elapsed.TotalSeconds;
        var epochSums = default(LossSums);
        for (int index = position.IndexInEpoch; index < steps && position.Step < totalSteps; index++)
        {
            if (cancel.IsCancellationRequested) return;
            double stepStart = clock.Elapsed.TotalSeconds;
            var batch = data.Batch(epoch, index);
            var (sums, norm, rate) = Step(batch);
            bool last = index == steps - 1;
            position = position with
            {
                Step = position.Step + 1, Tokens = position.Tokens + sums.Tokens, Seconds = before + clock.Elapsed.TotalSeconds,
                Epoch = last ? epoch + 1 : epoch, IndexInEpoch = last ? 0 : index + 1,
            };
            epochSums += sums;
            recent += sums;
            recentSeconds += clock.Elapsed.TotalSeconds - stepStart;
            if (position.Step % Math.Max(1, options.LogInterval) == 0 || position.Step == totalSteps) Report(epoch, norm, rate);
            if (options.EvalInterval > 0 && position.Step % options.EvalInterval == 0) Evaluate(cancel);
            if (options.SaveInterval > 0 && position.Step % options.SaveInterval == 0) Save();
        }

        if (heldOut is not null && evaluatedAt != position.Step) Evaluate(cancel);
        if (cancel.IsCancellationRequested) return;
        observer.OnEpoch(new EpochReport(epoch + 1, options.Epochs, epochSums, lastEvaluation, clock.Elapsed.TotalSeconds - epochStart));
        Save();
    }

    private (LossSums Sums, double Norm, double Rate) Step(TokenBatch batch)
    {
        long counted = 0;
        foreach (int target in batch.Targets)
            if (target != TokenBatch.Ignored) counted++;
        var sums = model.ForwardBackward(batch, counted, position.Step);
        double norm = model.GradientNorm(), rate = schedule.At(position.Step);
        if (double.IsFinite(sums.Nll) && double.IsFinite(norm))
        {
            model.Update(rate, options.GradClip > 0 && norm > options.GradClip ? options.GradClip / norm : 1);
            skipped = 0;
            return (sums, norm, rate);
        }

        model.DiscardGradients();
        observer.OnNotice($"step {position.Step + 1}: the loss or its gradient is not finite; the step was skipped");
        if (++skipped >= MostSkippedInARow)
            throw new InvalidDataException($"{skipped} steps in a row had no finite loss: training has diverged; try a lower --lr or --grad-clip. What was saved before is kept");
        return (default, norm, rate);
    }

    private void Report(int epoch, double norm, double rate)
    {
        double speed = recent.Tokens / Math.Max(recentSeconds, 1e-9);
        double left = position.Step == 0 ? 0 : position.Seconds / position.Step * (totalSteps - position.Step);
        observer.OnSteps(new StepReport(
            position.Step, totalSteps, epoch, position.Tokens, position.Seconds, recent.MeanNll, recent.Accuracy, rate, norm, speed, left));
        recent = default;
        recentSeconds = 0;
    }

    private void Evaluate(CancellationToken cancel)
    {
        if (heldOut is null) return;
        try
        {
            var result = Evaluation.Quick(model, heldOut, options.EvalTokens, cancel);
            bool isBest = double.IsFinite(result.Sums.MeanNll) && !(position.BestNll <= result.Sums.MeanNll);
            evaluatedAt = position.Step;
            lastEvaluation = result;
            if (isBest)
            {
                best = result;
                position = position with { BestNll = result.Sums.MeanNll };
                if (folder is not null) model.Save(folder);
            }

            observer.OnEvaluation(new EvaluationReport(position.Step, position.Tokens, position.Seconds, result, isBest));
        }
        catch (OperationCanceledException)
        {
            // Stopped in the middle: the figure is dropped, the run ends as at any other point.
        }
    }

    private void Save()
    {
        if (folder is null || savedAt == position.Step) return;
        observer.OnCheckpoint(Checkpoint.Save(folder, model, position, options.Keep));
        savedAt = position.Step;
    }
}
