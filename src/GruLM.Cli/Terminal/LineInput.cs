// Where the lines that a command asks for come from: from the keys of a terminal that knows what it takes to edit a line, else as standard
// input has them.

namespace GruLM.Cli;

/// <summary>Lines, and what they need to be closed.</summary>
internal sealed class LineInput : IDisposable
{
    private readonly ConsoleKeys? _keys;
    private readonly TerminalLineInput? _terminal;

    private LineInput(ILineInput lines) => Lines = lines;

    private LineInput(TerminalLineInput terminal)
    {
        (_terminal, Lines) = (terminal, terminal);
        _keys = ConsoleKeys.Start(terminal.Press, terminal.End);
    }

    /// <summary>The lines.</summary>
    public ILineInput Lines { get; }

    /// <summary>Opens the input. <paramref name="interactive"/>: a person types at a terminal.</summary>
    public static LineInput Open(TextReader input, bool interactive, Session session) =>
        interactive && TerminalEscapes.AreKnown
            ? new LineInput(new TerminalLineInput(session, () => ConsoleKeys.Columns))
            : new LineInput(new PlainLineInput(input, interactive, session));

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys?.Dispose();
        _terminal?.Dispose();
    }
}
