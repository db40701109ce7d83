// How many steps a timed run was laid out for, and from which step on.

namespace GruLM.Training;

/// <summary>From its step <paramref name="Step"/> on a run is laid out for <paramref name="TotalSteps"/> steps in all.</summary>
/// <param name="Step">Updates made by then.</param>
/// <param name="TotalSteps">Updates in all.</param>
public sealed record PlannedSteps(long Step, long TotalSteps);
