// The devices that there are, by name: the one place through which runs and models get what they compute on. A project that brings another
// device registers it before it is asked for.

using System.Collections.Concurrent;
using GruLM.Generation;

namespace GruLM;

/// <summary>Knows devices by name. Safe for several threads.</summary>
public static class Devices
{
    /// <summary>The name of this machine's processor.</summary>
    public const string Cpu = "cpu";

    private static readonly ConcurrentDictionary<string, Func<DeviceOptions, IDevice>> s_known =
        new(StringComparer.Ordinal) { [Cpu] = options => new CpuDevice(options) };

    /// <summary>The names of all devices.</summary>
    public static IReadOnlyList<string> Names => [.. s_known.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Makes a device known; <paramref name="open"/> opens it, and throws <see cref="IOException"/> where this machine has none.
    /// A name that is known already stands for the new one from here on.</summary>
    public static void Register(string name, Func<DeviceOptions, IDevice> open)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(open);
        s_known[name] = open;
    }

    /// <summary>Opens a device, which is the caller's to dispose.</summary>
    /// <exception cref="ArgumentException">There is none of that name, or the options make no sense.</exception>
    public static IDevice Open(string name, DeviceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        options ??= new DeviceOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads);
        if (s_known.TryGetValue(name, out Func<DeviceOptions, IDevice>? open)) return open(options);
        throw new ArgumentException($"there is no device '{name}'; known are {string.Join(", ", Names)}");
    }
}
