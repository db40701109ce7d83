// A device that computes as the processor does until it is told to fail, registered under a name of its own: with it a test sees what
// becomes of texts that cannot be written to their end.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Tests;

/// <summary>A device that fails at a step of texts.</summary>
internal sealed class FailingDevice : IDevice
{
    private static int s_names;
    private readonly CpuDevice _processor;
    private readonly Fuse _fuse;

    private FailingDevice(DeviceOptions options, Fuse fuse) => (_processor, _fuse) = (new CpuDevice(options), fuse);

    public string Description => "a failing device";

    public string Kernels => "failing fp32";

    public int Threads => _processor.Threads;

    public bool UsesBf16 => false;

    /// <summary>Registers such a device under a new name.</summary>
    public static Fuse Register()
    {
        var fuse = new Fuse($"failing-{Interlocked.Increment(ref s_names)}");
        Devices.Register(fuse.Name, options => new FailingDevice(options, fuse));
        return fuse;
    }

    public ITrainableModel CreateModel(GruConfig config, ModelOptions options) => _processor.CreateModel(config, options);

    public ITrainableModel CreateModel(GruParameters parameters, ModelOptions options) => _processor.CreateModel(parameters, options);

    public IDecoder CreateDecoder(GruParameters parameters, WeightFormat weights) =>
        new Decoder(_processor.CreateDecoder(parameters, weights), _fuse);

    public void Dispose() => _processor.Dispose();

    /// <summary>When devices of one name fail.</summary>
    internal sealed class Fuse(string name)
    {
        private int _steps = int.MaxValue;

        public string Name => name;

        /// <summary>Fails after so many steps more.</summary>
        public void BlowAfter(int steps) => Volatile.Write(ref _steps, steps);

        public void Step()
        {
            if (Interlocked.Decrement(ref _steps) < 0) throw new InvalidOperationException("the secret of the device");
        }
    }

    private sealed class Decoder(IDecoder inner, Fuse fuse) : IDecoder
    {
        public GruConfig Config => inner.Config;

        public WeightFormat Weights => inner.Weights;

        public IDecodingSession CreateSession() => inner.CreateSession();

        public void Read(ReadOnlySpan<IDecodingSession> sessions, ReadOnlySpan<int> ids)
        {
            fuse.Step();
            inner.Read(sessions, ids);
        }

        public void Logits(ReadOnlySpan<IDecodingSession> sessions, Span<float> logits) => inner.Logits(sessions, logits);

        public void Share(int count, Action<int> work) => inner.Share(count, work);

        public void Dispose() => inner.Dispose();
    }
}
