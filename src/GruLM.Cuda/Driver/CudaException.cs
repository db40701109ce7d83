// What went wrong on the way to a card: the driver's own figure, and what a person can do.

namespace GruLM.Cuda;

/// <summary>The NVIDIA driver refused a call, or this machine has no card that will do.</summary>
public sealed class CudaException(string message) : IOException(message);
