// The interpolated strings of the grammar. The compiler turns each into calls of the methods below, one for every part from left to right,
// so that what looks like a text is told as it is read.
using System.Runtime.CompilerServices;

namespace GruLM.Cli.Demo;

/// <summary>What <c>telling.Tell($"…")</c> turns into: every part is told at once, in order.</summary>
[InterpolatedStringHandler]
internal readonly ref struct TellingText
{
    private readonly Telling _telling;

    // The compiler passes two lengths that are of no use here.
    public TellingText(int literalLength, int formattedCount, Telling telling) => _telling = telling;

    public void AppendLiteral(string text) => _telling.Say(text);

    public void AppendFormatted(string text) => _telling.Say(text);

    public void AppendFormatted(Choice choice) => _telling.Pick(choice);

    public void AppendFormatted(Slot slot) => slot.Tell(_telling);
}
