// An NVIDIA card as a device. It is not written yet: this says so wherever a card is asked for.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cuda;

/// <summary>Computes on an NVIDIA card.</summary>
public sealed class CudaDevice : IDevice
{
    private const string NotYet = "there is no CUDA in this build";

    private CudaDevice()
    {
    }

    /// <inheritdoc/>
    public string Description => throw new CudaException(NotYet);

    /// <inheritdoc/>
    public string Kernels => throw new CudaException(NotYet);

    /// <inheritdoc/>
    public int Threads => throw new CudaException(NotYet);

    /// <inheritdoc/>
    public bool UsesBf16 => throw new CudaException(NotYet);

    /// <summary>Opens the card.</summary>
    /// <exception cref="CudaException">This machine has none that will do.</exception>
    public static CudaDevice Open(DeviceOptions options) => throw new CudaException(NotYet);

    /// <summary>Whether this machine has a card that will do; otherwise <paramref name="reason"/> says why not.</summary>
    public static bool IsAvailable(out string reason)
    {
        reason = NotYet;
        return false;
    }

    /// <inheritdoc/>
    public ITrainableModel CreateModel(GruConfig config, ModelOptions options) => throw new CudaException(NotYet);

    /// <inheritdoc/>
    public ITrainableModel CreateModel(GruParameters parameters, ModelOptions options) => throw new CudaException(NotYet);

    /// <inheritdoc/>
    public IDecodingSession CreateSession(GruParameters parameters) => throw new CudaException(NotYet);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
