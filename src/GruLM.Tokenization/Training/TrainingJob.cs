// What every step of one training needs to know, in one record, so that it is not handed on as four parameters.
namespace GruLM.Tokenization;

/// <summary>One training: its settings, its special pieces, whom to tell about progress and when to stop.</summary>
internal sealed record TrainingJob(
    TrainerOptions Options, MetaPieces Meta, Action<TrainingProgress>? Progress, CancellationToken Cancellation)
{
    private const int ComparisonsBetweenStops = 1 << 16;

    /// <summary>The sentences that were left out so far.</summary>
    public LeftOutSentences LeftOut { get; set; }

    /// <summary>Tells the caller how far the training has come.</summary>
    public void Report(string stage, long done, long total) =>
        Progress?.Invoke(new TrainingProgress(stage, done, total) { LeftOut = LeftOut });

    /// <summary>Ends the training where that was asked for; called between pieces of work that take no time.</summary>
    public void ThrowIfStopped() => Cancellation.ThrowIfCancellationRequested();

    /// <summary>Sorts a list that may be long.</summary>
    public void Sort<T>(List<T> list, Comparison<T> order)
    {
        int comparisons = 0;
        try
        {
            list.Sort((a, b) =>
            {
                if (++comparisons % ComparisonsBetweenStops == 0) ThrowIfStopped();
                return order(a, b);
            });
        }
        catch (InvalidOperationException e) when (e.InnerException is OperationCanceledException)
        {
            // The sort wraps what its comparison throws.
            ThrowIfStopped();
            throw;
        }
    }
}
