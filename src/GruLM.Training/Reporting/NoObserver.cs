// Where nobody watches.

namespace GruLM.Training;

/// <summary>Takes no notice of anything.</summary>
internal sealed class NoObserver : ITrainingObserver;
