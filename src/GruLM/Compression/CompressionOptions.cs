// What compressing and expanding can be told.

using GruLM.Compression;
using GruLM.Kernels;

namespace GruLM;

/// <summary>How content is compressed or expanded. Immutable, safe for several threads.</summary>
public sealed record CompressionOptions
{
    /// <summary>Whether the model's probabilities are mixed with what the content itself has shown so far. Expanding reads from the
    /// compressed data whether they were.</summary>
    public bool Learn { get; init; }

    /// <summary>Threads to compute with; 0: one a core. The bytes are the same for any number.</summary>
    public int Threads { get; init; }

    /// <summary>What messages call the data that is read.</summary>
    public string InputName { get; init; } = "the compressed data";

    /// <summary>Is told how many bytes of the content are done, on the calling thread; null: nobody is.</summary>
    public Action<long>? Progress { get; init; }

    /// <summary>The most bytes of content that are coded together, where that is less than the format's: small in tests.</summary>
    internal int FrameBytes { get; init; } = CompressedFormat.MostContent;

    /// <summary>The fewest elements of a lane; small in tests.</summary>
    internal int LaneElements { get; init; } = LaneShares.FewestElements;

    /// <summary>The path to compute on; null: this machine's.</summary>
    internal KernelPath? Path { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property, when a value is out of range.</summary>
    public void Validate()
    {
        Devices.CheckThreads(Threads);
        if (InputName is null) throw new ArgumentException("'InputName' is null; a name was expected");
    }
}
