// The connection between processes over MPI. One thread of the process talks to MPI, begins transfers in the order in which they are asked
// for and moves them on, while the thread that asked computes. Beside them runs a thin channel by which every process hears once a second
// of the one before it, and of failures: a launcher ends the others when a process dies, but nobody else notices a cable that is cut.

using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>Connects the processes that a launcher started. See <see cref="IRankLink"/>.</summary>
internal sealed unsafe partial class MpiLink : IRankLink
{
    /// <summary>Seconds without a word from another process after which it counts as lost.</summary>
    public const string TimeoutVariable = "GRULM_MPI_TIMEOUT";

    /// <summary>The first tag of transfers; those before it are the channel's.</summary>
    public const int FirstTag = 16;

    /// <summary>So many transfers have tags of their own; MPI promises 32,767 tags.</summary>
    public const int MostTags = 16_000;

    private const double DefaultTimeout = 30;

    // While transfers are under way and nobody waits for them, the thread looks so often; while there are none, so often.
    private const uint MicrosecondsBetweenLooks = 200;
    private const int MillisecondsBetweenRests = 50;

    // Looks without rest, once someone waits.
    private const int LooksBeforeYielding = 64;

    private readonly MpiLibrary _mpi;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<MpiTransfer> _asked = new();
    private readonly SemaphoreSlim _called = new(0);
    private readonly List<MpiTransfer> _underWay = [];
    private readonly Stack<ShareTransfer> _shares = new();
    private readonly Dictionary<(nint Values, long Length, bool IsBf16), SumTransfer> _sums = [];
    private readonly ManualResetEventSlim _begun = new();
    private readonly double _timeout = Timeout();
    private nint _communicator;
    private Exception? _problem;
    private RankChannel? _channel;
    private volatile string? _failure;
    private volatile string? _ownFailure;
    private int _waiting;
    private volatile bool _isLeaving, _hasEnded;
    private long _transfers;

    private MpiLink(bool isMpich)
    {
        _mpi = MpiLibrary.Load(isMpich);
        _thread = new Thread(Talk) { IsBackground = true, Name = "MPI" };
        _thread.Start();
        _begun.Wait();
        if (_problem is not null) throw new IOException($"MPI cannot begin: {_problem.Message}", _problem);
    }

    /// <inheritdoc/>
    public int Rank { get; private set; }

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <inheritdoc/>
    public bool HasFailed => _ownFailure is not null;

    /// <summary>Loads MPI and begins it.</summary>
    /// <exception cref="IOException">There is no library, or it cannot begin.</exception>
    public static MpiLink Begin(bool isMpich) => new(isMpich);

    /// <inheritdoc/>
    public ITransfer BeginShare(void* all, long[] starts, bool toFirst = false)
    {
        if (!_shares.TryPop(out ShareTransfer? transfer)) transfer = new ShareTransfer(this);
        transfer.Set(all, starts, toFirst);
        Ask(transfer);
        return new Returned(this, transfer);
    }

    /// <inheritdoc/>
    public ITransfer BeginSum(float* values, long length, bool isBf16)
    {
        (nint, long, bool) key = ((nint)values, length, isBf16);
        if (!_sums.TryGetValue(key, out SumTransfer? transfer)) _sums[key] = transfer = new SumTransfer(this, values, length, isBf16);
        Ask(transfer);
        return transfer;
    }

    /// <inheritdoc/>
    public void Fail(string reason)
    {
        // What another process has said first is the reason.
        if (_failure is not null) return;
        _ownFailure ??= reason;
        _called.Release();

        // The others hear of it before the process is gone.
        _thread.Join(TimeSpan.FromSeconds(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_failure is null && _ownFailure is null)
        {
            _isLeaving = true;
            _called.Release();
            _thread.Join();
        }

        // What is under way when a process ends early goes with the process.
        if (!_thread.Join(0)) return;
        foreach (SumTransfer sum in _sums.Values) sum.Dispose();
        foreach (ShareTransfer share in _shares) share.Dispose();
        _begun.Dispose();
    }

    /// <summary>Waits for the end of a transfer; <paramref name="atEase"/>: without looking for it all the time.</summary>
    /// <exception cref="RankFailedException">It will never come.</exception>
    public void Wait(ManualResetEventSlim done, bool atEase)
    {
        int eager = atEase ? 0 : 1;
        Interlocked.Add(ref _waiting, eager);
        try
        {
            done.Wait();
        }
        finally
        {
            Interlocked.Add(ref _waiting, -eager);
        }

        if (_failure is not null) throw new RankFailedException(_failure);
        if (_ownFailure is not null) throw new RankFailedException(_ownFailure);
    }

    /// <summary>Begins to send a message.</summary>
    public nint Send(void* bytes, int count, int to, int tag) => _mpi.Send(bytes, count, to, tag, _communicator);

    /// <summary>Begins to receive a message.</summary>
    public nint Receive(void* bytes, int count, int from, int tag) => _mpi.Receive(bytes, count, from, tag, _communicator);

    /// <summary>Whether a message is there; then it is forgotten.</summary>
    public bool Test(ref nint request) => _mpi.Test(ref request);

    /// <summary>Forgets the messages that are there, and says whether that was all.</summary>
    public bool TestAll(List<nint> requests)
    {
        for (int i = requests.Count - 1; i >= 0; i--)
        {
            nint request = requests[i];
            if (_mpi.Test(ref request)) requests.RemoveAt(i);
        }

        return requests.Count == 0;
    }

    private static double Timeout()
    {
        string? told = Environment.GetEnvironmentVariable(TimeoutVariable);
        return double.TryParse(told, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && seconds > 0
            ? seconds
            : DefaultTimeout;
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);

    private void Ask(MpiTransfer transfer)
    {
        transfer.Reset(_transfers++);
        _asked.Enqueue(transfer);
        _called.Release();
        if (_hasEnded) transfer.End();
    }

    // What the thread does as long as there is MPI.
    private void Talk()
    {
        try
        {
            _communicator = _mpi.Begin();
            (Rank, Count) = (_mpi.Rank(_communicator), _mpi.Size(_communicator));
            _channel = new RankChannel(this, _timeout);
        }
        catch (Exception error)
        {
            _problem = error;
            return;
        }
        finally
        {
            _begun.Set();
        }

        try
        {
            MoveOn();
        }
        catch (Exception error)
        {
            // Nothing of it reaches another thread, and a process that cannot talk can hardly tell the others.
            string where = Hosts.Count > Rank ? $" (on {Hosts[Rank]})" : "";
            _ownFailure = $"rank {Rank} of {Count}{where}: {error.Message}";
            TryTellAll(_ownFailure);
        }

        // Nobody waits for what will not come, and nothing is written any more where it was to come.
        _hasEnded = true;
        while (_asked.TryDequeue(out MpiTransfer? transfer)) transfer.End();
        foreach (MpiTransfer transfer in _underWay) transfer.End();
        if (_failure is null && _ownFailure is null) _mpi.End();
    }

    private void TryTellAll(string failure)
    {
        try
        {
            _channel!.TellAll(failure);
        }
        catch (IOException)
        {
            // They see that nothing is heard of this process.
        }
    }

    private void MoveOn()
    {
        int looks = 0;
        while (true)
        {
            while (_asked.TryDequeue(out MpiTransfer? transfer))
            {
                transfer.Begin();
                _underWay.Add(transfer);
            }

            for (int i = 0; i < _underWay.Count;)
            {
                MpiTransfer transfer = _underWay[i];
                if (!transfer.Advance())
                {
                    i++;
                    continue;
                }

                _underWay.RemoveAt(i);
                transfer.End();
                looks = 0;
            }

            if (_ownFailure is not null)
            {
                _channel!.TellAll(_ownFailure);
                return;
            }

            _failure = _channel!.Look(isWaiting: _underWay.Count > 0);
            if (_failure is not null) return;
            if (_isLeaving && _underWay.Count == 0)
            {
                _failure = _channel.Close();
                return;
            }

            if (_underWay.Count == 0) _called.Wait(MillisecondsBetweenRests);
            else if (Volatile.Read(ref _waiting) == 0) _ = Sleep(MicrosecondsBetweenLooks);
            else if (++looks % LooksBeforeYielding == 0) Thread.Yield();
        }
    }

    // A share is taken back once its waiter has it.
    private sealed class Returned(MpiLink link, ShareTransfer transfer) : ITransfer
    {
        public void Wait(bool atEase = false)
        {
            transfer.Wait(atEase);
            link._shares.Push(transfer);
        }
    }
}
