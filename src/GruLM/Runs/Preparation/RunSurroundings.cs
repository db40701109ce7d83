// What a run works with besides its text and its settings.

using GruLM.Generation;
using GruLM.Training;

namespace GruLM;

/// <summary>The surroundings of a run.</summary>
/// <param name="Device">What it computes on, which stays the caller's.</param>
/// <param name="Store">Where its model goes; null: nowhere.</param>
/// <param name="Observer">Is told of it.</param>
/// <param name="Cancel">Ends the preparation.</param>
internal sealed record RunSurroundings(IDevice Device, ITrainingStore? Store, IRunObserver Observer, CancellationToken Cancel);
