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
    private readonly IReadOnlyList<string> _processors;
    private bool _disposed;

    internal RankGroup(IRankLink link)
    {
        _link = link;
        _starts = new long[link.Count + 1];
        link.Hosts = Gather(Environment.MachineName, LongestHost);
        _processors = Gather(ProcessorShare.Allowed());
    }

    /// <inheritdoc/>
    public int Rank => _link.Rank;

    /// <inheritdoc/>
    public int Count => _link.Count;

    /// <summary>The name of the machine that each process runs on.</summary>
    public IReadOnlyList<string> Hosts => _link.Hosts;

    /// <summary>How many processes run on this one's machine.</summary>
    public int CountHere => Hosts.Count(host => host == Hosts[Rank]);

    /// <summary>How many threads each process may have for all of a machine's to find a processor: those that the launcher bound it to, or
    /// its share of the machine.</summary>
    public int Threads => ProcessorShare.Of(
        _processors[Rank], Enumerable.Range(0, Count).Count(r => Hosts[r] == Hosts[Rank] && _processors[r] == _processors[Rank]), CountHere,
        Environment.ProcessorCount);

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

    /// <summary>Leaves the group once every process has come here, or at once where this one has failed, whose reason all others get; the
    /// process cannot join again. Nothing where none was joined.</summary>
    /// <param name="failure">Why it failed, as a sentence; null: it has not.</param>
    public static void Leave(string? failure = null)
    {
        lock (s_joining)
        {
            if (failure is not null) s_joined?.Fail(failure);
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

    /// <summary>Waits until the first process has come here too, which may take long: the processor is left to others meanwhile. The first
    /// one does not wait.</summary>
    /// <exception cref="RankFailedException">Another process has failed or cannot be reached.</exception>
    public void AwaitFirst()
    {
        byte word = 0;
        Share(new Span<byte>(ref word), ownsFirst: true, atEase: true);
    }

    /// <summary>Deals out pieces of work in turns, and brings what becomes of them to the first process, in their order. All processes
    /// enumerate what is returned, to its end; for those after the first it is empty.</summary>
    /// <param name="pieces">The pieces, the same in all processes: each passes over those of the others.</param>
    /// <param name="work">What a process does with a piece of its own.</param>
    /// <param name="cancel">Ends the work of all, once one is cancelled.</param>
    /// <exception cref="InvalidDataException">The processes do not have as many pieces.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled in a process.</exception>
    /// <exception cref="RankFailedException">Another process has failed or cannot be reached.</exception>
    public IEnumerable<byte[]> Deal<T>(IEnumerable<T> pieces, Func<T, byte[]> work, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(work);
        return new DealtWork(this).Run(pieces, work, cancel);
    }

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

    /// <summary>Checks that something is the same in all processes.</summary>
    /// <param name="what">What a process does with it, as a sentence goes on after the process's name.</param>
    /// <param name="own">What it is in this process.</param>
    /// <exception cref="InvalidDataException">It is not; a process is named where it is something else than in the first.</exception>
    /// <exception cref="RankFailedException">Another process has failed or cannot be reached.</exception>
    public void CheckSame(string what, string own)
    {
        IReadOnlyList<string> all = Gather(own);
        int other = all.ToList().FindIndex(text => text != all[0]);
        if (other >= 0) throw new InvalidDataException($"{Name(other)} {what} {all[other]}, and rank 0 {all[0]}: all must be the same");
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
    /// <see cref="RankFailedException"/>. A reason that begins with a process's name needs none before it: it may be what all of them
    /// have found, and any may be the first to tell it. May be called by any thread.</summary>
    public void Fail(string reason) =>
        _link.Fail(Enumerable.Range(0, Count).Any(rank => reason.StartsWith(Name(rank), StringComparison.Ordinal))
            ? reason
            : $"{Name(Rank)}: {reason}");

    /// <summary>A process's name in messages.</summary>
    public string Name(int rank) => $"rank {rank} of {Count} (on {Hosts[rank]})";

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _link.Dispose();
    }

    /// <summary>What connects the processes.</summary>
    internal IRankLink Link => _link;

    /// <summary>Brings the bytes of one process to the first, which gets them; null in all others.</summary>
    /// <param name="rank">Whose bytes.</param>
    /// <param name="own">The bytes of this process, which are used where it is the one.</param>
    /// <param name="length">How many bytes that one has.</param>
    internal byte[]? ToFirst(int rank, byte[] own, long length)
    {
        if (rank == 0) return Rank == 0 ? own : null;
        byte[] bytes = Rank == 0 ? new byte[length] : own;
        for (int r = 0; r <= Count; r++) _starts[r] = r <= rank ? 0 : length;
        fixed (byte* all = bytes) _link.BeginShare(all, _starts, toFirst: true).Wait(atEase: true);
        return Rank == 0 ? bytes : null;
    }

    /// <summary>The same as <see cref="Gather(Span{double})"/>, which may take long.</summary>
    internal void Gather(Span<double> numbers, bool atEase) => Share(MemoryMarshal.AsBytes(numbers), ownsFirst: false, atEase);

    private string[] Gather(string own, int room)
    {
        // A character that is cut in two at the end shows as such.
        byte[] bytes = Encoding.UTF8.GetBytes(own), all = new byte[Count * room];
        bytes.AsSpan(0, Math.Min(room, bytes.Length)).CopyTo(all.AsSpan(Rank * room));
        Share(all, ownsFirst: false);
        return [.. Enumerable.Range(0, Count).Select(r => Encoding.UTF8.GetString(all.AsSpan(r * room, room)).TrimEnd('\0'))];
    }

    // Either everything is the first process's, or every process has an equal part.
    private void Share(Span<byte> all, bool ownsFirst, bool atEase = false)
    {
        for (int r = 0; r <= Count; r++) _starts[r] = ownsFirst ? (r == 0 ? 0 : all.Length) : (long)all.Length / Count * r;
        fixed (byte* bytes = all) _link.BeginShare(bytes, _starts).Wait(atEase);
    }
}
