// What a device is opened with.

using GruLM.Kernels;

namespace GruLM.Generation;

/// <summary>How a device computes. Immutable.</summary>
/// <param name="Threads">Threads of this machine that it may use; 0: one a core.</param>
/// <param name="Precision">In which precision matrices are multiplied; <see cref="Precision.Auto"/> is bfloat16 on cards, and on processors
/// where it was proved.</param>
public sealed record DeviceOptions(int Threads = 0, Precision Precision = Precision.Auto);
