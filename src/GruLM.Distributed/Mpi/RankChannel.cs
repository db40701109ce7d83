// The thin channel beside the transfers: short messages of one size, of which one receive to every other process always waits. A process
// sends one a second to the next one, and hears from the one before it.

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace GruLM.Distributed;

/// <summary>Life signs, failures and farewells. Used by the thread that talks to MPI.</summary>
internal sealed unsafe class RankChannel
{
    private const int Tag = 1;
    private const int Size = 2048;
    private const int Header = 4;
    private const double SecondsBetweenSigns = 1;
    private const double SecondsBetweenLooks = 0.1;
    private const double SecondsToTell = 0.5;

    private readonly MpiLink _link;
    private readonly double _timeout;
    private readonly byte* _received, _sign;
    private readonly nint[] _receives;
    private readonly bool[] _hasLeft;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private nint _signing;
    private bool _isSigning, _isLeaving;
    private double _signed, _heard, _looked, _idle;

    public RankChannel(MpiLink link, double timeout)
    {
        (_link, _timeout) = (link, timeout);
        _received = (byte*)NativeMemory.AllocZeroed((nuint)Size * (nuint)link.Count);
        _sign = (byte*)NativeMemory.AllocZeroed(Size);
        _receives = new nint[link.Count];
        _hasLeft = new bool[link.Count];
        for (int r = 0; r < link.Count; r++)
        {
            if (r != link.Rank) Receive(r);
        }
    }

    private enum Kind : byte
    {
        Alive,
        Failed,
        Leaves,
    }

    private int Before => (_link.Rank - 1 + _link.Count) % _link.Count;

    /// <summary>Sends a sign of life when it is time to, and looks what has come: the sentence of a failure, or null.</summary>
    /// <param name="isWaiting">Whether something is under way that other processes take part in.</param>
    public string? Look(bool isWaiting)
    {
        double now = _clock.Elapsed.TotalSeconds;
        if (_link.Count == 1 || (now - _looked < SecondsBetweenLooks && !_isLeaving)) return null;

        // A machine that slept, or a process that was stopped, has heard nothing meanwhile.
        if (now - _looked > _timeout / 2) (_heard, _idle) = (now, now);
        _looked = now;
        if (_isSigning) _isSigning = !_link.Test(ref _signing);
        if (!_isSigning && !_isLeaving && now - _signed >= SecondsBetweenSigns)
        {
            _signing = _link.Send(_sign, Size, (_link.Rank + 1) % _link.Count, Tag);
            (_isSigning, _signed) = (true, now);
        }

        for (int r = 0; r < _link.Count; r++)
        {
            if (Take(r) is not { } message) continue;
            if (r == Before) _heard = now;
            if (message.Kind == Kind.Failed) return message.Text;
        }

        string? lost = Lost(isWaiting, now);
        if (lost is not null) TellAll(lost);
        return lost;
    }

    /// <summary>Tells all others of a failure, as far as they can be told in a moment.</summary>
    public void TellAll(string failure)
    {
        byte* message = (byte*)NativeMemory.AllocZeroed(Size);
        byte[] text = Encoding.UTF8.GetBytes(failure);
        int length = Math.Min(text.Length, Size - Header);
        message[0] = (byte)Kind.Failed;
        (message[1], message[2]) = ((byte)(length & 255), (byte)(length >> 8));
        text.AsSpan(0, length).CopyTo(new Span<byte>(message + Header, length));
        SendAll(message, SecondsToTell);
    }

    /// <summary>Says farewell to all others and waits for theirs, as long as they live; the sentence of a failure where one comes
    /// instead.</summary>
    public string? Close()
    {
        // After its farewell a process says nothing more, since the others may have gone.
        double since = _clock.Elapsed.TotalSeconds;
        while (_isSigning && !_link.Test(ref _signing) && _clock.Elapsed.TotalSeconds - since < _timeout) Thread.Yield();
        _isLeaving = true;
        byte* message = (byte*)NativeMemory.AllocZeroed(Size);
        message[0] = (byte)Kind.Leaves;
        SendAll(message, _timeout);
        while (Enumerable.Range(0, _link.Count).Any(r => r != _link.Rank && !_hasLeft[r]))
        {
            if (Look(isWaiting: false) is { } failure) return failure;
            Thread.Sleep(1);
        }

        return null;
    }

    // Nobody has gone for good yet where this is said: that takes a farewell of everyone.
    private string? Lost(bool isWaiting, double now)
    {
        int gone = Array.IndexOf(_hasLeft, true);
        if (!isWaiting || gone < 0) _idle = now;
        string seconds = _timeout.ToString(CultureInfo.InvariantCulture);
        if (now - _idle > _timeout) return $"{Name(gone)} has left while others still waited for it, for {seconds} seconds";
        if (_hasLeft[Before] || now - _heard < _timeout) return null;
        return $"{Name(Before)} cannot be reached: nothing was heard of it for {seconds} seconds";
    }

    private string Name(int rank) => $"rank {rank} of {_link.Count}{(_link.Hosts.Count > rank ? $" (on {_link.Hosts[rank]})" : "")}";

    private void SendAll(byte* message, double seconds)
    {
        var requests = new List<nint>();
        for (int r = 0; r < _link.Count; r++)
        {
            if (r != _link.Rank) requests.Add(_link.Send(message, Size, r, Tag));
        }

        // What cannot be sent keeps its bytes: the process is about to end.
        for (var since = Stopwatch.StartNew(); since.Elapsed.TotalSeconds < seconds;)
        {
            if (_link.TestAll(requests))
            {
                NativeMemory.Free(message);
                return;
            }

            Thread.Yield();
        }
    }

    private (Kind Kind, string Text)? Take(int rank)
    {
        if (rank == _link.Rank || _hasLeft[rank] || !_link.Test(ref _receives[rank])) return null;
        byte* message = _received + ((long)rank * Size);
        var kind = (Kind)message[0];
        string text = Encoding.UTF8.GetString(message + Header, Math.Min(message[1] | (message[2] << 8), Size - Header));
        _hasLeft[rank] = kind == Kind.Leaves;
        if (!_hasLeft[rank]) Receive(rank);
        return (kind, text);
    }

    private void Receive(int rank) => _receives[rank] = _link.Receive(_received + ((long)rank * Size), Size, rank, Tag);
}
