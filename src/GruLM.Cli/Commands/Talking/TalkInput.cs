// Where a talk's lines come from: from the keys of a terminal that knows what it takes to edit a line, else as standard input has them.

namespace GruLM.Cli.Commands;

/// <summary>The input of a talk, and what it needs to be closed.</summary>
internal sealed class TalkInput : IDisposable
{
    private readonly ConsoleKeys? _keys;
    private readonly TerminalLineInput? _terminal;

    private TalkInput(ILineInput lines) => Lines = lines;

    private TalkInput(TerminalLineInput terminal)
    {
        (_terminal, Lines) = (terminal, terminal);
        _keys = ConsoleKeys.Start(terminal.Press, terminal.End);
    }

    /// <summary>The lines.</summary>
    public ILineInput Lines { get; }

    /// <summary>Opens the input. <paramref name="interactive"/>: a person types at a terminal.</summary>
    public static TalkInput Open(TextReader input, bool interactive, Session session) =>
        interactive && TerminalEscapes.AreKnown
            ? new TalkInput(new TerminalLineInput(session, () => ConsoleKeys.Columns))
            : new TalkInput(new PlainLineInput(input, interactive, session));

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys?.Dispose();
        _terminal?.Dispose();
    }
}
