// What decides how fast a run is on a machine: the model's sizes, its data and the settings of the loop.

namespace GruLM.Training;

/// <summary>A run whose speed is measured before it begins.</summary>
/// <param name="Data">Its training data.</param>
/// <param name="HeldOut">What it is evaluated on; null: nothing.</param>
/// <param name="Options">The loop's settings.</param>
public sealed record MeasuredRun(ITrainingData Data, HeldOut? HeldOut, TrainingOptions Options);
