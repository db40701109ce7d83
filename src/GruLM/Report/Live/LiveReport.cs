// The report page of a run while it is at work: the same as RunReport writes, read from the run's folder anew whenever something has
// happened and somebody looks, with a line that says how far the run has come. The run never waits for it: it is told what happens and
// counts that, and whoever looks does the reading, at most once a second and for a tenth of the time.

using System.Diagnostics;
using System.Globalization;
using GruLM.Corpus;
using GruLM.Training;

namespace GruLM.Report;

/// <summary>Watches a run, for its page to be shown while the run goes on. Give it to the run as its observer; a server shows it
/// (<c>ReportServer</c> of GruLM.Server). Safe for several threads.</summary>
/// <param name="folder">The folder of the run, which need not be there yet.</param>
/// <param name="observer">Is told what the run tells; null: nobody else is.</param>
public sealed class LiveReport(string folder, IRunObserver? observer = null) : IRunObserver
{
    // The least time between two readings of the folder, and how many times as long as a reading took.
    private const double Pause = 1;
    private const int Rest = 10;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    // Never held for long: the run waits for it.
    private readonly Lock _told = new();
    private readonly Lock _reading = new();
    private readonly LivePage _page = new(folder);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LiveStatus _status = new(0, LiveStage.Preparing, "The run is about to begin.");
    private LiveState? _latest;
    private long _readAt;
    private double _pause;

    /// <summary>Is done when the run has ended, and <see cref="Latest"/> is its last state.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>The run has ended: its page is made a last time, and stays as it is then. A second call does nothing.</summary>
    /// <param name="outcome">What came of it; null: it was given up, by an error or before it had begun.</param>
    public void End(RunOutcome? outcome = null)
    {
        LiveStage stage = outcome is null ? LiveStage.GivenUp : outcome.IsFinished ? LiveStage.Finished : LiveStage.Stopped;
        LiveStatus status;
        lock (_told)
        {
            if (_status.IsLast) return;
            _status = status = _status.Then(stage, Outcome(outcome));
        }

        lock (_reading)
        {
            if (_latest?.Status != status) _latest = _page.Read(status);
        }

        _ended.TrySetResult();
    }

    /// <summary>The whole page as it is now.</summary>
    internal string Page() => _page.Whole(Latest());

    /// <summary>What the page shows now; the same object as before where nothing has happened since, or too little time has
    /// passed.</summary>
    internal LiveState Latest()
    {
        lock (_reading)
        {
            LiveStatus status;
            lock (_told) status = _status;
            bool rests = Stopwatch.GetElapsedTime(_readAt).TotalSeconds < _pause;
            if (_latest is { } latest && (rests || latest.Status == status)) return latest;
            long begin = Stopwatch.GetTimestamp();
            _latest = _page.Read(status);
            _readAt = Stopwatch.GetTimestamp();
            _pause = Math.Max(Pause, Rest * Stopwatch.GetElapsedTime(begin).TotalSeconds);
            return _latest;
        }
    }

    /// <inheritdoc/>
    public void OnPhase(string phase)
    {
        Tell(LiveStage.Preparing, $"Preparing: {phase} …");
        observer?.OnPhase(phase);
    }

    /// <inheritdoc/>
    public void OnNotice(string notice) => observer?.OnNotice(notice);

    /// <inheritdoc/>
    public void OnText(CorpusCounts counts) => observer?.OnText(counts);

    /// <inheritdoc/>
    public void OnProgress(long done, long total) => observer?.OnProgress(done, total);

    /// <inheritdoc/>
    public void OnPrepared(RunPlan plan) => observer?.OnPrepared(plan);

    /// <inheritdoc/>
    public void OnPlanned(RunPlan plan)
    {
        Tell(LiveStage.Running, $"Training begins: {Number(plan.TotalSteps)} steps are to be made.");
        observer?.OnPlanned(plan);
    }

    /// <inheritdoc/>
    public void OnSteps(StepReport report)
    {
        Tell(LiveStage.Running, Progress(report));
        observer?.OnSteps(report);
    }

    /// <inheritdoc/>
    public void OnEvaluation(EvaluationReport report)
    {
        Tell();
        observer?.OnEvaluation(report);
    }

    /// <inheritdoc/>
    public void OnEpoch(EpochReport report) => observer?.OnEpoch(report);

    /// <inheritdoc/>
    public void OnCheckpoint(string folder)
    {
        _page.ReadModelAgain();
        Tell();
        observer?.OnCheckpoint(folder);
    }

    /// <inheritdoc/>
    public void OnNotice(long step, string message)
    {
        Tell();
        observer?.OnNotice(step, message);
    }

    /// <inheritdoc/>
    public void OnLengthChanged(long stepsBefore, long stepsNow) => observer?.OnLengthChanged(stepsBefore, stepsNow);

    /// <inheritdoc/>
    public void OnSample(TrainingSample sample)
    {
        Tell();
        observer?.OnSample(sample);
    }

    // Something has happened, with words of its own or under those that are there.
    private void Tell(LiveStage? stage = null, string? words = null)
    {
        lock (_told)
        {
            if (!_status.IsLast) _status = _status.Then(stage ?? _status.Stage, words ?? _status.Words);
        }
    }

    private static string Progress(StepReport report)
    {
        double percent = 100.0 * report.Step / Math.Max(1, report.TotalSteps);
        string left = PageParts.Time(report.SecondsLeft), step = Number(report.Step), total = Number(report.TotalSteps);
        return string.Create(
            s_invariant, $"Training: step {step} of {total} ({percent:0} %), {report.TokensPerSecond:#,0} tokens a second, {left} left.");
    }

    private static string Outcome(RunOutcome? outcome) => outcome switch
    {
        null => "The run did not come to its end; why is said where it was started.",
        { IsFinished: true } => $"The run has ended, at step {Number(outcome.Position.Step)}.",
        _ => $"The run was stopped at step {Number(outcome.Position.Step)} of {Number(outcome.Position.TotalSteps)}; it can be resumed.",
    };

    private static string Number(long value) => PageParts.Number(value);
}
