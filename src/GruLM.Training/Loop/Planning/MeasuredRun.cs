// What decides how fast a run is on a machine: the model's sizes, its data and the settings of the loop.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>A run whose speed is measured before it begins.</summary>
/// <param name="Config">The sizes of its model.</param>
/// <param name="Optimizer">Its optimizer.</param>
/// <param name="Data">Its training data.</param>
/// <param name="HeldOut">What it is evaluated on; null: nothing.</param>
/// <param name="Options">The loop's settings.</param>
public sealed record MeasuredRun(
    GruConfig Config, OptimizerOptions Optimizer, ITrainingData Data, HeldOut? HeldOut, TrainingOptions Options);
