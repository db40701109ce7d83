// The devices that there are, by name: the one place through which runs and models get what they compute on. A project that brings another
// device registers it before it is asked for. What belongs to NVIDIA's cards stands in functions of its own, so that nothing of it is
// loaded where nobody asks for a card.

using System.Collections.Concurrent;
using GruLM.Cuda;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;

namespace GruLM;

/// <summary>Knows devices by name. Safe for several threads.</summary>
public static class Devices
{
    /// <summary>The name of this machine's processor.</summary>
    public const string Cpu = "cpu";

    /// <summary>The name of an NVIDIA card.</summary>
    public const string Cuda = "cuda";

    /// <summary>What is said instead of a name to get the card where it helps, else the processor.</summary>
    public const string Auto = "auto";

    // With fewer parameters a model is too small to gain by a card, which takes about as long for a small step as for a large one. An
    // estimate (docs/cuda.md).
    internal const long FewestParametersForCard = 1_000_000;

    private static readonly ConcurrentDictionary<string, Func<DeviceOptions, IDevice>> s_known = new(StringComparer.Ordinal)
    {
        [Cpu] = options => new CpuDevice(options),
        [Cuda] = options => CudaDevice.Open(options),
    };

    /// <summary>The names of all devices.</summary>
    public static IReadOnlyList<string> Names => [.. s_known.Keys.Order(StringComparer.Ordinal)];

    /// <summary>All that can be asked for, <see cref="Names"/> and <see cref="Auto"/>, those that are always there first.</summary>
    public static IReadOnlyList<string> Words => [Cpu, Cuda, Auto, .. Names.Except([Cpu, Cuda])];

    /// <summary>Makes a device known; <paramref name="open"/> opens it, and throws <see cref="IOException"/> where this machine has none.
    /// A name that is known already stands for the new one from here on.</summary>
    /// <exception cref="ArgumentException">The name is empty, or <see cref="Auto"/>, which stands for others.</exception>
    public static void Register(string name, Func<DeviceOptions, IDevice> open)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(open);
        if (name == Auto) throw new ArgumentException($"'{Auto}' stands for other devices, so none can be registered under that name");
        s_known[name] = open;
    }

    /// <summary>The device that is meant: for <see cref="Auto"/> an NVIDIA card where this machine has one and <paramref name="model"/> is
    /// large enough to gain by it, else the processor; any other name stands for itself.</summary>
    /// <param name="name">One of <see cref="Words"/>.</param>
    /// <param name="model">The sizes of the model; null: it counts as large enough.</param>
    /// <exception cref="ArgumentException">There is no device of that name.</exception>
    public static string Resolve(string name, GruConfig? model = null)
    {
        Check(name);
        return name == Auto ? Choose(model, HasCard) : name;
    }

    /// <summary>Opens a device, which is the caller's to dispose. <see cref="Auto"/> gives the processor where the card cannot be
    /// opened.</summary>
    /// <param name="name">One of <see cref="Words"/>.</param>
    /// <param name="options">What it is opened with; null: the defaults.</param>
    /// <param name="model">The sizes that <see cref="Auto"/> decides by, as for <see cref="Resolve"/>.</param>
    /// <exception cref="ArgumentException">There is none of that name, or the options make no sense.</exception>
    /// <exception cref="IOException">This machine has no such device.</exception>
    public static IDevice Open(string name, DeviceOptions? options = null, GruConfig? model = null)
    {
        Check(name);
        options ??= new DeviceOptions();
        CheckThreads(options.Threads);
        return name == Auto ? OpenBest(options, model, HasCard) : s_known[name](options);
    }

    // Before a model is read, where a device is opened for one.
    internal static void CheckThreads(int threads)
    {
        if (threads is >= 0 and <= ThreadTeam.MostThreads) return;
        throw new ArgumentOutOfRangeException(
            null, $"'Threads' is {threads}; 0, for one a core, or a number of threads up to {ThreadTeam.MostThreads} was expected");
    }

    // For figures and texts, which are to be the same everywhere but for their last digits: a device left to itself may compute in
    // bfloat16.
    // Whoever asks for int8 by name leaves only the processor to be chosen.
    internal static IDevice OpenExact(string name, int threads, GruConfig model, WeightFormat weights) =>
        Open(name == Auto && weights == WeightFormat.Int8 ? Cpu : name, new DeviceOptions(threads, Precision.Fp32), model);

    // The same, and a device that lacks the numbers says so here instead of at the first text.
    internal static IDevice OpenToDecode(string name, int threads, GruParameters model, WeightFormat weights)
    {
        IDevice device = OpenExact(name, threads, model.Config, weights);
        try
        {
            if (weights == WeightFormat.Int8 && !device.HasInt8) device.CreateDecoder(model, weights).Dispose();
            return device;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    // For figures of a run that computes in bfloat16 on the processor; null where its own device is as good. A card would hold the model
    // twice.
    internal static IDevice? ExactBeside(IDevice device) =>
        device is CpuDevice { UsesBf16: true } ? new CpuDevice(new DeviceOptions(device.Threads, Precision.Fp32)) : null;

    // The card's own word is asked for only where the model is large enough.
    internal static string Choose(GruConfig? model, Func<bool> hasCard) =>
        (model is null || GruParameters.CountFor(model) >= FewestParametersForCard) && hasCard() ? Cuda : Cpu;

    internal static IDevice OpenBest(DeviceOptions options, GruConfig? model, Func<bool> hasCard)
    {
        if (Choose(model, hasCard) == Cuda)
        {
            try
            {
                return s_known[Cuda](options);
            }
            catch (IOException)
            {
                // Others may have taken all of its memory.
            }
        }

        return s_known[Cpu](options);
    }

    private static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (s_known.ContainsKey(name) || name == Auto) return;
        string known = string.Join(", ", Words), near = NearestName.Hint(name, Words);
        throw new ArgumentException($"there is no device '{name}'; known are {known}{near}");
    }

    private static bool HasCard() => CudaDevice.IsAvailable(out _);
}
