// Where nobody watches.

namespace GruLM;

/// <summary>Takes no notice of anything.</summary>
internal sealed class NoProgress : IProgressObserver;
