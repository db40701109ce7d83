// How long a command has to end after it was asked to. What it does then, such as reading a long text in one piece, may not look at the
// request for a while, and a person who presses Ctrl-C is not to wait. Saving is another matter: whoever saves holds the deadline.

namespace GruLM.Cli;

/// <summary>Ends a program that does not end by itself in time. Safe for several threads.</summary>
internal sealed class StopDeadline(Action end) : IDisposable
{
    private const int Milliseconds = 500;

    private readonly Lock _gate = new();
    private Timer? _timer;
    private int _holders;
    private bool _isAsked;

    /// <summary>The command was asked to end.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _isAsked = true;
            Start();
        }
    }

    /// <summary>As long as what is returned has not been disposed, the program is not ended.</summary>
    public IDisposable Hold()
    {
        lock (_gate)
        {
            _holders++;
            _timer?.Dispose();
            _timer = null;
            return new Holder(this);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isAsked = false;
            _timer?.Dispose();
        }
    }

    private void Start()
    {
        if (_isAsked && _holders == 0) _timer ??= new Timer(_ => End(), null, Milliseconds, Timeout.Infinite);
    }

    private void End()
    {
        lock (_gate)
        {
            if (!_isAsked || _holders > 0) return;
        }

        end();
    }

    private void Release()
    {
        lock (_gate)
        {
            _holders--;
            Start();
        }
    }

    private sealed class Holder(StopDeadline deadline) : IDisposable
    {
        private StopDeadline? _deadline = deadline;

        public void Dispose() => Interlocked.Exchange(ref _deadline, null)?.Release();
    }
}
