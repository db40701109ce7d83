// The training loop: batches in order, loss and gradients, clipping, update; between updates reports, evaluations, the best model and
// checkpoints. It sees token ids, never text, and prints nothing: an observer is told. Which steps are broken, StepCheck.cs decides; how
// many steps there are, EpochCount.cs and, where a run has a given time, TimeBudget.cs; what a checkpoint is made of, Checkpoint.cs.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>Trains a model on data. One use, by one thread.</summary>
public sealed class Trainer
{
    // A model that stays broken for this long will not mend itself.
    private const int MostSkippedInARow = 10;

    // An epoch can take hours; no more than this is lost when the process is killed.
    private const double MostSecondsUnsaved = 600;

    // A run that has used this share of its time is over; it is not continued for the little that is left.
    private const double ShareOfTimeUsed = 0.95;

    // A change of the number of steps by less than this share is not worth a word.
    private const double SmallestReportedChange = 1.0 / 3;

    private readonly ITrainableModel _model;
    private readonly ITrainingData _data;
    private readonly HeldOut? _heldOut;
    private readonly TrainingOptions _options;
    private readonly ITrainingStore? _store;
    private readonly ITrainingObserver _observer;
    private readonly TimeBudget? _budget;
    private readonly EpochCount _epochs;
    private readonly BatchParts _parts;
    private readonly RunClock _clock;
    private LearningRateSchedule _schedule;
    private RunPosition _position = new();
    private double _secondsBefore;
    private long _reportedTotal;
    private bool _hasReportedChange;
    private bool _hasNewPlan;
    private long _savedAt = -1;
    private double _savedSeconds;

    /// <summary>Sets up a run. With a <paramref name="store"/>, the best model and checkpoints are saved there. With a
    /// <paramref name="budget"/> the run ends when that is spent, if not before; its number of steps follows the speed.
    /// Throws <see cref="ArgumentException"/> for options out of their range, and for a plateau schedule without held-out data.</summary>
    public Trainer(
        ITrainableModel model, ITrainingData data, HeldOut? heldOut, TrainingOptions options, ITrainingStore? store = null,
        ITrainingObserver? observer = null, TimeBudget? budget = null)
    {
        options.Validate();
        (_model, _data, _heldOut, _options, _store, _observer, _budget) =
            (model, data, heldOut, options, store, observer ?? new NoObserver(), budget);
        if (options.Schedule == ScheduleKind.Plateau && heldOut is null)
        {
            throw new ArgumentException("the plateau schedule needs held-out data to judge by");
        }

        _clock = new RunClock(model.Ranks);
        _epochs = new EpochCount(data, options.Epochs);
        _parts = new BatchParts(options);
        _schedule = new LearningRateSchedule(
            options.Schedule, options.LearningRate, options.MinLearningRate, options.WarmupSteps, Total: 0)
        {
            CutFactor = options.PlateauFactor,
        };
        if (budget is not null)
        {
            ChangePlan(budget.StepsLeft(0, data, options));
            return;
        }

        SetTotal(long.MaxValue);
        FollowPlan();
    }

    /// <summary>Updates that the run will make, as far as is known yet.</summary>
    public long TotalSteps => _position.TotalSteps;

    /// <summary>Where the run stands.</summary>
    public RunPosition Position => _position;

    /// <summary>Whether the held-out figure has not improved for as long as the run was told to wait.</summary>
    public bool OutOfPatience => _options.Patience > 0 && _position.EvaluationsSinceBest >= _options.Patience;

    /// <summary>Whether there is nothing left to do.</summary>
    public bool Done => AtEnd && !EvaluationDue;

    private double Seconds => _secondsBefore + _clock.Seconds;

    private bool AtEnd => _position.Step >= _position.TotalSteps || OutOfPatience;

    private bool AtEndOfEpoch => _position.Step > 0 && _position.IndexInEpoch == 0;

    private bool EvaluationDue =>
        _heldOut is not null && _position.Step > 0 && _position.EvaluatedStep != _position.Step
        && (AtEnd || AtEndOfEpoch || IsAtPartOfEpoch || (_options.EvalInterval > 0 && _position.Step % _options.EvalInterval == 0));

    private bool IsAtPartOfEpoch =>
        EvaluationSpacing.Steps(_options.LeastEvaluations, _position.TotalSteps, _data.StepsInEpoch(_position.Epoch)) is { } distance
        && _position.Step - Math.Max(0, _position.EvaluatedStep) >= distance;

    private bool SaveDue =>
        AtEndOfEpoch || (_options.SaveInterval > 0 && _position.Step % _options.SaveInterval == 0)
        || _clock.Seconds - _savedSeconds >= MostSecondsUnsaved;

    /// <summary>Continues from a checkpoint's position instead of the start. Where time decided the number of steps, that decision stays
    /// until there is a new one: more time, more <see cref="TrainingOptions.MaxSteps"/> than it came to, or <see cref="GoOn"/>.</summary>
    public void ContinueFrom(RunPosition start)
    {
        (_position, _savedAt, _reportedTotal) = (start with { TotalSteps = _position.TotalSteps }, start.Step, 0);
        bool timed = start.Plan.Count > 0;
        if (timed) SetTotal(start.TotalSteps);
        if (_budget is null)
        {
            FollowPlan();
            if (timed && AtEnd && _options.MaxSteps > start.TotalSteps) ChangePlan(_options.MaxSteps);
            return;
        }

        bool isOver = timed ? AtEnd : start.Step >= start.TotalSteps;
        bool hasMoreTime = start.Seconds < ShareOfTimeUsed * _budget.Seconds;
        if (timed && !(isOver && hasMoreTime)) return;
        if (isOver && !hasMoreTime)
        {
            SetTotal(start.TotalSteps);
            return;
        }

        if (!timed) _position = _position with { Plan = [new PlannedSteps(0, start.TotalSteps)] };
        ChangePlan(start.Step + _budget.StepsLeft(start.Seconds, _data, _options));
    }

    /// <summary>Lets a continued run that time had ended go on for all its epochs, or to its limit of steps.</summary>
    public void GoOn()
    {
        if (_budget is null && _position.Plan.Count > 0 && AtEnd) ChangePlan(long.MaxValue);
    }

    /// <summary>Runs to the end, or until <paramref name="cancel"/>, in which case a checkpoint is written first.
    /// Throws <see cref="InvalidDataException"/> when loss or gradients stay broken, <see cref="IOException"/> when nothing can be
    /// saved.</summary>
    public TrainingResult Run(CancellationToken cancel = default)
    {
        _secondsBefore = _position.Seconds;
        _clock.Start();

        // A run that was stopped inside an evaluation makes it first.
        if (EvaluationDue) Evaluate(cancel);
        while (!AtEnd && !_model.Ranks.Stopped(cancel))
        {
            if (_budget is not null && _budget.LookDue(Seconds))
            {
                ChangePlan(_position.Step + _budget.StepsLeft(Seconds, _data, _options));
            }

            Advance();
            if (EvaluationDue) Evaluate(cancel);
            if (_options.SampleEvery > 0 && _position.Step % _options.SampleEvery == 0) _observer.OnSampleDue(_position.Step);
            if (SaveDue && !_model.Ranks.Stopped(cancel)) Save();
            FollowPlan();
        }

        Save(isInterim: !AtEnd);
        return new TrainingResult(_position, AtEnd);
    }

    // One update, and the reports that follow from it.
    private void Advance()
    {
        double start = _clock.Seconds;
        int epoch = _position.Epoch, steps = _data.StepsInEpoch(epoch), index = _position.IndexInEpoch;
        bool endsEpoch = index == steps - 1;
        StepFigures step = Step(_data.Batch(epoch, index));
        double seconds = _clock.Look() - start;
        _budget?.OnStep(seconds);
        _position = _position with
        {
            Step = _position.Step + 1,
            Epoch = endsEpoch ? epoch + 1 : epoch,
            IndexInEpoch = endsEpoch ? 0 : index + 1,
            Tokens = _position.Tokens + step.Sums.Tokens,
            Seconds = Seconds,
            EpochSums = _position.EpochSums + step.Sums,
            EpochSeconds = _position.EpochSeconds + seconds,
            RecentSums = _position.RecentSums + step.Sums,
            RecentSeconds = _position.RecentSeconds + seconds,
        };
        if (_position.Step % Math.Max(1, _options.LogInterval) == 0 || AtEnd) Report(epoch, step);
        if (endsEpoch || AtEnd)
        {
            int epochs = _epochs.Begun(_position.TotalSteps);
            _observer.OnEpoch(new EpochReport(epoch + 1, epochs, index + 1, steps, _position.EpochSums, _position.EpochSeconds));
        }

        if (endsEpoch) _position = _position with { EpochSums = default, EpochSeconds = 0 };
    }

    private StepFigures Step(TokenBatch batch)
    {
        int counted = batch.Targets.Length - batch.Targets.AsSpan().Count(TokenBatch.Ignored);
        var sums = default(LossSums);
        for (int part = 0; part < _parts.Count(batch); part++)
        {
            sums += _model.ForwardBackward(_parts.Part(batch, part), counted, (_position.Step * _options.GradAccum) + part);
        }

        double rate = _schedule.At(_position.Step, _position.RateCuts) * _data.RateFactor(batch);
        if (counted == 0)
        {
            // The middle of a long prompt, of which nothing is learned: the state is carried on, and there is no gradient to update by.
            _model.DiscardGradients();
            return new StepFigures(default, 0, rate);
        }

        double norm = _model.GradientNorm();
        if (StepCheck.Problem(_position, sums, norm, _model.Config.VocabSize) is { } problem)
        {
            Skip(problem);
            return new StepFigures(default, norm, rate);
        }

        _model.Update(rate, _options.GradClip > 0 && norm > _options.GradClip ? _options.GradClip / norm : 1);
        _position = _position with { SkippedInARow = 0, UsualNorm = StepCheck.UsualNorm(_position, norm) };
        return new StepFigures(sums, norm, rate);
    }

    private void Skip(string problem)
    {
        long step = _position.Step + 1;
        _model.DiscardGradients();
        _observer.OnNotice(step, $"step {step}: {problem}; the step was skipped");
        _position = _position with { SkippedInARow = _position.SkippedInARow + 1 };
        if (_position.SkippedInARow >= MostSkippedInARow)
        {
            string clip = _options.GradClip > 0 ? "or 'GradClip'" : "or a 'GradClip', such as 1";
            string kept = _savedAt > 0 || _position.Best is not null ? "What was saved before is kept" : "Nothing was saved yet";
            throw new InvalidDataException(
                $"{_position.SkippedInARow} steps in a row went wrong, the last because {problem}: "
                + $"training has diverged; try a lower 'LearningRate' {clip}. {kept}");
        }
    }

    private void Report(int epoch, StepFigures step)
    {
        LossSums recent = _position.RecentSums;
        double tokensPerSecond = recent.Tokens / Math.Max(_position.RecentSeconds, 1e-9);
        double secondsLeft = _position.Seconds / _position.Step * (_position.TotalSteps - _position.Step);
        _observer.OnSteps(new StepReport(
            _position.Step, _position.TotalSteps, epoch, _position.Tokens, _position.Seconds, recent.MeanNll, recent.Accuracy, step.Rate,
            step.Norm, tokensPerSecond, secondsLeft));
        _position = _position with { RecentSums = default, RecentSeconds = 0 };
    }

    // Behind a model that was saved as the best comes a checkpoint: whoever goes on begins with that figure, and not with an older one
    // that a worse model could better.
    private void Evaluate(CancellationToken cancel)
    {
        if (!IsBest(cancel) || _store is null || AtEnd || SaveDue) return;
        _observer.OnCheckpoint(_store.SaveCheckpoint(_model, _position, _options.Keep, isBest: true));
    }

    // Evaluates, and tells whether the model is the best so far, which is saved then.
    private bool IsBest(CancellationToken cancel)
    {
        double start = _clock.Look();
        _model.SwapAverage();
        try
        {
            if (Figures(cancel) is not { } result) return false;
            _clock.Look();
            bool isBest = !(_position.Best?.Sums.MeanNll <= result.Sums.MeanNll);
            _position = _position with
            {
                EvaluatedStep = _position.Step,
                Last = result,
                EvaluationsSinceBest = isBest ? 0 : _position.EvaluationsSinceBest + 1,
                Seconds = Seconds,
            };
            if (isBest)
            {
                _position = _position with { Best = result, BestStep = _position.Step };
                _store?.SaveModel(_model, isInterim: false);
            }

            _budget?.OnEvaluation(_clock.Look() - start);
            _observer.OnEvaluation(new EvaluationReport(_position.Step, _position.Tokens, _position.Seconds, result, isBest));
            if (_options.Schedule == ScheduleKind.Plateau && !_schedule.Rises(_position.Step)) WatchPlateau(isBest);
            return isBest;
        }
        finally
        {
            _model.SwapAverage();
        }
    }

    // The held-out figures; null where there are none.
    private EvaluationResult? Figures(CancellationToken cancel)
    {
        try
        {
            return Evaluation.Quick(_model, _heldOut!, _options.EvalTokens, cancel);
        }
        catch (OperationCanceledException)
        {
            // Stopped in the middle: the figure is dropped, the run ends as at any other point and evaluates first when it goes on.
            return null;
        }
        catch (InvalidDataException error)
        {
            // Scores that are not numbers are no better; the steps that follow may mend it, or end the run.
            int since = _position.EvaluationsSinceBest + 1;
            _position = _position with { EvaluatedStep = _position.Step, EvaluationsSinceBest = since, Seconds = Seconds };
            _observer.OnNotice(_position.Step, $"step {_position.Step}: no held-out figure: {error.Message}");
            return null;
        }
    }

    // Cuts the learning rate when the held-out figure has stood still for long enough.
    private void WatchPlateau(bool isBest)
    {
        _position = _position with { EvaluationsOnPlateau = isBest ? 0 : _position.EvaluationsOnPlateau + 1 };
        if (_position.EvaluationsOnPlateau < _options.PlateauPatience) return;
        double before = _schedule.At(_position.Step, _position.RateCuts), after = _schedule.At(_position.Step, _position.RateCuts + 1);
        _position = _position with { EvaluationsOnPlateau = 0 };
        if (after >= before) return;
        _position = _position with { RateCuts = _position.RateCuts + 1 };
        _observer.OnNotice(
            _position.Step,
            FormattableString.Invariant(
                $"no better for {_options.PlateauPatience} evaluation(s): the learning rate is {after:0.0e+0} from here on"));
    }

    private void Save(bool isInterim = false)
    {
        if (_store is null || _savedAt == _position.Step) return;
        double start = _clock.Seconds;

        // Until an evaluation has chosen a best model, the folder's is the latest.
        if (_position.Best is null)
        {
            _model.SwapAverage();
            _store.SaveModel(_model, isInterim);
            _model.SwapAverage();
        }

        _observer.OnCheckpoint(_store.SaveCheckpoint(_model, _position, _options.Keep, isBest: false));
        (_savedAt, _savedSeconds) = (_position.Step, _clock.Look());
        _budget?.OnSaving(_savedSeconds - start);
    }

    // A plan that was recorded is followed at the steps it was made at.
    private void FollowPlan()
    {
        while (!_hasNewPlan && _position.Plan.Count < _options.Plan.Count)
        {
            PlannedSteps next = _options.Plan[_position.Plan.Count];
            if (next.Step > _position.Step) return;
            SetTotal(next.TotalSteps);
            _position = _position with { Plan = [.. _position.Plan, next] };
        }
    }

    // Time, or whoever continues the run, asks for another number of steps; it is recorded, so that the run can be repeated.
    private void ChangePlan(long total)
    {
        SetTotal(total);
        _hasNewPlan = true;
        var before = _position.Plan.Where(p => p.Step < _position.Step).ToList();
        if (before.Count == 0 || before[^1].TotalSteps != _position.TotalSteps)
        {
            before.Add(new PlannedSteps(_position.Step, _position.TotalSteps));
        }

        _position = _position with { Plan = before };
        if (_reportedTotal == 0) _reportedTotal = _position.TotalSteps;
        if (_hasReportedChange || Math.Abs(_position.TotalSteps - _reportedTotal) < SmallestReportedChange * _reportedTotal) return;
        _observer.OnLengthChanged(_reportedTotal, _position.TotalSteps);
        _hasReportedChange = true;
    }

    // No more steps than the run's epochs and its limit allow.
    private void SetTotal(long total)
    {
        _position = _position with { TotalSteps = _epochs.Cap(_options.MaxSteps > 0 ? Math.Min(total, _options.MaxSteps) : total) };
        _schedule = _schedule with { Total = _position.TotalSteps };
    }

    // The figures of one step; the sums are empty where it was skipped.
    private readonly record struct StepFigures(LossSums Sums, double Norm, double Rate);
}
