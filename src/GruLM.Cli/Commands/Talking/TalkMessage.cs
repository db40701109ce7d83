// What a person says, made of lines: a message of one line or of several, or a command.

namespace GruLM.Cli.Commands;

/// <summary>A message; a command with its slash where <paramref name="IsCommand"/>.</summary>
internal sealed record TalkMessage(string Text, bool IsCommand)
{
    private const string Quotes = "\"\"\"";
    private const string Prompt = "> ";
    private const string FurtherPrompt = "... ";

    /// <summary>The next message; null when there are no more.</summary>
    public static TalkMessage? Read(ILineInput input)
    {
        if (input.ReadLine(Prompt) is not { } line) return null;
        string text = line.TrimStart();
        if (text.StartsWith(Quotes, StringComparison.Ordinal)) return ReadQuoted(text[Quotes.Length..], input);
        if (text.StartsWith("//", StringComparison.Ordinal)) return new TalkMessage(text[1..], false);
        return IsCommandLine(text) ? new TalkMessage(text.TrimEnd(), true) : new TalkMessage(line, false);
    }

    private static bool IsCommandLine(string text) => text.Length > 1 && text[0] == '/' && (char.IsLetter(text[1]) || text[1] == '?');

    // A message that the end of the input cuts off is one all the same, unless a person has ended it, by Ctrl-D or Ctrl-C.
    private static TalkMessage? ReadQuoted(string first, ILineInput input)
    {
        List<string> lines = [];
        string? line = first;
        while (line is not null && !line.TrimEnd().EndsWith(Quotes, StringComparison.Ordinal))
        {
            lines.Add(line);
            line = input.ReadLine(FurtherPrompt);
        }

        if (line is not null) lines.Add(line.TrimEnd()[..^Quotes.Length]);
        else if (input.IsInteractive) return null;
        return input.IsStopped ? null : new TalkMessage(string.Join('\n', lines), false);
    }
}
