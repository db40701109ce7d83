// Lines that a person types at a terminal, with editing and a history. Keys may come at any time and from another thread; what is typed
// while something else is written waits. Ctrl-C ends the input where a line is typed, and elsewhere cuts short what is being done; pressed
// twice there, it ends the program.

using System.Collections.Concurrent;

namespace GruLM.Cli;

/// <summary>Makes lines of keys. <paramref name="columns"/>: how wide the terminal is now.</summary>
internal sealed class TerminalLineInput(Session session, Func<int> columns) : ILineInput, IDisposable
{
    private const int DefaultColumns = 80;

    private readonly Lock _gate = new();
    private readonly BlockingCollection<ConsoleKeyInfo> _keys = [];
    private readonly LineEditor _editor = new(new LineHistory());
    private CancellationTokenSource _cut = CancellationTokenSource.CreateLinkedTokenSource(session.Stop);
    private bool _isReading;
    private bool _isInterrupted;

    // Presses of Ctrl-C since the last line.
    private int _cuts;

    /// <inheritdoc/>
    public bool IsInteractive => true;

    /// <inheritdoc/>
    public bool IsStopped => _isInterrupted || session.Stop.IsCancellationRequested;

    /// <inheritdoc/>
    public CancellationToken Cut => _cut.Token;

    /// <summary>A key was pressed. Safe for another thread.</summary>
    public void Press(ConsoleKeyInfo key)
    {
        lock (_gate)
        {
            if (_isReading || !IsCut(key))
            {
                _keys.Add(key);
                return;
            }

            // As a terminal has it, what was typed before and not read is gone.
            while (_keys.TryTake(out _))
            {
            }

            CutShort();
        }
    }

    /// <summary>There will be no more keys. Safe for another thread.</summary>
    public void End() => _keys.CompleteAdding();

    /// <inheritdoc/>
    public string? ReadLine(string prompt)
    {
        if (IsStopped) return null;
        lock (_gate)
        {
            _cut.Dispose();
            _cut = CancellationTokenSource.CreateLinkedTokenSource(session.Stop);
            (_cuts, _isReading) = (0, true);
        }

        string? line = Edit(prompt);
        lock (_gate)
        {
            _isReading = false;

            // What was pressed behind Enter was not meant for the line.
            if (!_keys.Any(IsCut)) return line;
            while (_keys.Any(IsCut)) _keys.TryTake(out _);
            CutShort();
        }

        return line;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _cut.Dispose();
    }

    private static bool IsCut(ConsoleKeyInfo key) => key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control };

    private string? Edit(string prompt)
    {
        _editor.Begin();
        var drawing = new LineDrawing();
        Show(drawing.Draw(prompt, "", 0, Columns()));
        LineOutcome outcome = LineOutcome.Edited;
        while (outcome is LineOutcome.Edited or LineOutcome.Cleared)
        {
            if (!TryTake(out ConsoleKeyInfo key)) outcome = LineOutcome.Ended;
            else outcome = _editor.Press(key);
            if (outcome == LineOutcome.Cleared)
            {
                Show(TerminalEscapes.ClearScreen);
                drawing.Clear();
            }

            // What is pasted is drawn once.
            bool goesOn = outcome is LineOutcome.Edited or LineOutcome.Cleared;
            if (goesOn && _keys.Count == 0) Show(drawing.Draw(prompt, _editor.Text, _editor.Cursor, Columns()));
        }

        Show(drawing.End(prompt, _editor.Text, Columns()));
        if (outcome == LineOutcome.Interrupted) _isInterrupted = true;
        return outcome == LineOutcome.Submitted ? _editor.Text : null;
    }

    private bool TryTake(out ConsoleKeyInfo key)
    {
        try
        {
            return _keys.TryTake(out key, Timeout.Infinite, session.Stop);
        }
        catch (OperationCanceledException)
        {
            key = default;
            return false;
        }
    }

    private void CutShort()
    {
        if (++_cuts == 1)
        {
            _cut.Cancel();
            return;
        }

        _isInterrupted = true;
        session.Deadline.Begin();
    }

    private int Columns() => columns() is > 0 and var known ? known : DefaultColumns;

    private void Show(string text)
    {
        session.Error.Write(text);
        session.Error.Flush();
    }
}
