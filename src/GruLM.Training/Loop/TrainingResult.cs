// How a training run ended, and where it stands.

namespace GruLM.Training;

/// <summary>How a run ended.</summary>
/// <param name="Position">Where it stands.</param>
/// <param name="Finished">Whether it came to its end; false when it was stopped.</param>
public sealed record TrainingResult(RunPosition Position, bool Finished);
