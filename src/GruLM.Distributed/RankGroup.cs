// The processes that an MPI launcher started together, as the rest of the program sees them: what one knows that all must know, a model
// that they train together, and how a failure of one becomes everyone's. Where no launcher is, there is no group, and MPI is not loaded.

using System.Runtime.InteropServices;
using System.Text;
using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>A group of processes. Used by one thread of each; all of them make the same calls in the same order. A process belongs to one
/// group as long as it runs.</summary>
public sealed unsafe class RankGroup : IRanks, IDisposable
{
    private const int LongestHost = 64;

    private static readonly Lock s_joining = new();
    private static RankGroup? s_joined;

    private readonly IRankLink _link;
    private readonly long[] _starts;
    private bool _disposed;

    internal RankGroup(IRankLink link)
    {
        _link = link;
        _starts = new long[link.Count + 1];
        link.Hosts = Gather(Environment.MachineName, LongestHost);
    }

    /// <inheritdoc/>
    public int Rank => _link.Rank;

    /// <inheritdoc/>
    public int Count => _link.Count;

    /// <summary>The name of the machine that each process runs on.</summary>
    public IReadOnlyList<string> Hosts => _link.Hosts;

    /// <summary>How many processes run on this one's machine.</summary>
    public int CountHere => Hosts.Count(host => host == Hosts[Rank]);

    /// <summary>The group that a launcher started this process in, joined at the first call; null where there is no launcher, or where it
    /// started one process alone.</summary>
    /// <exception cref="IOException">There is no MPI library, or it cannot begin.</exception>
    public static RankGroup? Join()
    {
        lock (s_joining)
        {
            if (s_joined is null && Launcher.IsPresent)
            {
                var link = MpiLink.Begin(Launcher.IsMpich);
                if (Launcher.Count is { } told && told != link.Count)
                {
                    throw new IOException(
                        $"the launcher started {told} processes, and the MPI library sees {link.Count}: it belongs to another launcher; "
                        + $"name the file of the right library in {MpiLibrary.PathVariable}");
                }

                s_joined = new RankGroup(link);
            }

            return s_joined is { Count: > 1 } ? s_joined : null;
        }
    }

    /// <summary>Whether this process has joined a group.</summary>
    public static bool IsJoined => s_joined is not null;

    /// <summary>Whether this process, rather than another one, has failed.</summary>
    public static bool HasFailedHere => s_joined?._link.HasFailed == true;

    /// <summary>Leaves the group once every process has come here, or at once where this one has <paramref name="failed"/>; the process
    /// cannot join again. Nothing where none was joined.</summary>
    public static void Leave(bool failed)
    {
        lock (s_joining)
        {
            if (failed) s_joined?.Fail("ended with an error");
            s_joined?.Dispose();
        }
    }

    /// <inheritdoc/>
    public double OfFirst(double value)
    {
        Share(new Span<byte>(&value, sizeof(double)), ownsFirst: true);
        return value;
    }

    /// <inheritdoc/>
    public bool Stopped(CancellationToken cancel) => OfFirst(cancel.IsCancellationRequested ? 1 : 0) != 0;

    /// <summary>The first process's bytes, in all of them.</summary>
    /// <exception cref="RankFailedException">Another process has failed or cannot be reached.</exception>
    public byte[] OfFirst(ReadOnlySpan<byte> bytes)
    {
        int length = (int)OfFirst(bytes.Length);
        byte[] all = new byte[length];
        if (Rank == 0) bytes.CopyTo(all);
        Share(all, ownsFirst: true);
        return all;
    }

    /// <summary>A text of every process, in all of them.</summary>
    /// <exception cref="RankFailedException">Another process has failed or cannot be reached.</exception>
    public IReadOnlyList<string> Gather(string own)
    {
        Span<double> lengths = stackalloc double[Count];
        lengths[Rank] = Encoding.UTF8.GetByteCount(own);
        Gather(lengths);
        return Gather(own, (int)lengths.ToArray().Max());
    }

    /// <summary>Fills in the numbers of all other processes: as many of each, in the order of ranks, where this one has put its
    /// own.</summary>
    /// <exception cref="RankFailedException">Another process has failed or cannot be reached.</exception>
    public void Gather(Span<double> numbers) => Share(MemoryMarshal.AsBytes(numbers), ownsFirst: false);

    /// <summary>A model that the processes of the group train and evaluate together, each some of the lanes of a batch. It owns
    /// <paramref name="model"/>, which every process made with the same values.</summary>
    /// <param name="model">The model of this process.</param>
    /// <param name="isBf16">Whether gradients travel in bfloat16, rounded twice on their way, rather than in float32.</param>
    /// <exception cref="ArgumentException">It is no model of the processor.</exception>
    public ITrainableModel Together(ITrainableModel model, bool isBf16 = false)
    {
        if (model is GruLanguageModel own) return new RanksModel(own, this, _link, isBf16);
        throw new ArgumentException("several processes train together on processors alone: 'Device' must be 'cpu'");
    }

    /// <summary>Tells all others that this process goes no further; whatever they wait for then ends with a
    /// <see cref="RankFailedException"/>. May be called by any thread.</summary>
    public void Fail(string reason) => _link.Fail($"rank {Rank} of {Count} (on {Hosts[Rank]}): {reason}");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _link.Dispose();
    }

    private string[] Gather(string own, int room)
    {
        // A character that is cut in two at the end shows as such.
        byte[] bytes = Encoding.UTF8.GetBytes(own), all = new byte[Count * room];
        bytes.AsSpan(0, Math.Min(room, bytes.Length)).CopyTo(all.AsSpan(Rank * room));
        Share(all, ownsFirst: false);
        return [.. Enumerable.Range(0, Count).Select(r => Encoding.UTF8.GetString(all.AsSpan(r * room, room)).TrimEnd('\0'))];
    }

    // Either everything is the first process's, or every process has an equal part.
    private void Share(Span<byte> all, bool ownsFirst)
    {
        for (int r = 0; r <= Count; r++) _starts[r] = ownsFirst ? (r == 0 ? 0 : all.Length) : (long)all.Length / Count * r;
        fixed (byte* bytes = all) _link.BeginShare(bytes, _starts).Wait();
    }
}
