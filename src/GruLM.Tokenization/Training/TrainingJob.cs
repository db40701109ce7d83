// What every step of one training needs to know, in one record, so that it is not handed on as four parameters.
namespace GruLM.Tokenization;

/// <summary>One training: its settings, its special pieces, whom to tell about progress and when to stop.</summary>
internal sealed record TrainingJob(
    TrainerOptions Options, MetaPieces Meta, Action<TrainingProgress>? Progress, CancellationToken Cancellation)
{
    /// <summary>Tells the caller how far the training has come.</summary>
    public void Report(string stage, long done, long total) => Progress?.Invoke(new TrainingProgress(stage, done, total));
}
