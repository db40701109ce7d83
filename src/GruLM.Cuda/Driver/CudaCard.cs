// Finds a card that will do, and says in one sentence why there is none: no driver, one that is too old, no card, one that is too old.
// What a card is able to do is read once; CudaContext opens it.

namespace GruLM.Cuda;

/// <summary>A card and what it has. Immutable.</summary>
internal sealed unsafe class CudaCard
{
    private const int LeastVersion = 12000;
    private const int LeastMajor = 8;

    private const int MultiprocessorCount = 16;
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;
    private const int MaxSharedMemoryPerBlockOptIn = 97;

    private CudaCard(int device)
    {
        const int NameLength = 256;
        byte* name = stackalloc byte[NameLength];
        CudaDriver.Check(CudaDriver.DeviceName(name, NameLength, device), "name the card");
        CudaDriver.Check(CudaDriver.DeviceMemory(out nuint memory, device), "say how much memory the card has");
        Device = device;
        Name = CudaDriver.Text(new ReadOnlySpan<byte>(name, NameLength));
        TotalMemory = (long)memory;
        Major = Attribute(ComputeCapabilityMajor);
        Minor = Attribute(ComputeCapabilityMinor);
        Multiprocessors = Attribute(MultiprocessorCount);
        SharedMemoryPerBlock = Attribute(MaxSharedMemoryPerBlockOptIn);
    }

    /// <summary>The driver's number for it.</summary>
    public int Device { get; }

    /// <summary>What NVIDIA calls it.</summary>
    public string Name { get; }

    /// <summary>First figure of its compute capability.</summary>
    public int Major { get; }

    /// <summary>Second figure of its compute capability.</summary>
    public int Minor { get; }

    /// <summary>Its multiprocessors.</summary>
    public int Multiprocessors { get; }

    /// <summary>The most shared memory that a block may ask for, in bytes.</summary>
    public int SharedMemoryPerBlock { get; }

    /// <summary>Its memory in bytes.</summary>
    public long TotalMemory { get; }

    /// <summary>Loads the driver and looks at one of the cards, counted from 0. Null, and the reason in one sentence, where it is none that
    /// will do.</summary>
    public static CudaCard? Find(int ordinal, out string reason)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        if (!CudaDriver.TryLoad(out reason)) return null;
        try
        {
            reason = Obstacle(ordinal) ?? "";
            if (reason.Length > 0) return null;
            CudaDriver.Check(CudaDriver.Device(out int device, ordinal), "give a card");
            var card = new CudaCard(device);
            if (card.Major >= LeastMajor) return card;
            reason = $"the card {card.Name} has compute capability {card.Major}.{card.Minor}, and {LeastMajor}.0 is needed: "
                + "take an Ampere card or a newer one, or compute on the processor";
        }
        catch (CudaException error)
        {
            reason = error.Message;
        }
        catch (EntryPointNotFoundException error)
        {
            reason = $"the NVIDIA driver lacks a function ({error.Message}): install version 525 or newer";
        }

        return null;
    }

    private static string? Obstacle(int ordinal)
    {
        CudaDriver.Check(CudaDriver.Version(out int version), "say its version");
        if (version < LeastVersion)
        {
            (int major, int minor) = (version / 1000, version % 1000 / 10);
            return $"the NVIDIA driver is too old, it knows CUDA {major}.{minor} and 12.0 is needed: install version 525 or newer";
        }

        int result = CudaDriver.Initialize(0);
        int count = 0;
        if (result == 0) result = CudaDriver.DeviceCount(out count);
        if (result == CudaDriver.NoDevice || (result == 0 && count == 0))
        {
            return "the NVIDIA driver finds no card: look whether CUDA_VISIBLE_DEVICES hides it, or compute on the processor";
        }

        CudaDriver.Check(result, "start");
        return ordinal < count ? null : $"there is no card {ordinal}, the last one of this machine is {count - 1}: choose another";
    }

    private int Attribute(int attribute)
    {
        CudaDriver.Check(CudaDriver.DeviceAttribute(out int value, attribute, Device), "say what the card can do");
        return value;
    }
}
