// What --help and --version do: they show something and end, whatever else is on the line.
using System.CommandLine;
using System.CommandLine.Invocation;

namespace GruLM.Cli;

/// <summary>What <c>--help</c> and <c>--version</c> do; neither minds other mistakes on the line.</summary>
internal sealed class ShowAction(Action<ParseResult> show) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        show(parseResult);
        return ExitCode.Done;
    }
}
