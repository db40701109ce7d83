// The messages of a request as turns: what was said and answered before, and what is to be answered now. What a system says, and what a
// person says in several messages, belongs to the turn that is answered next, as in records of messages that are trained on.

using Microsoft.Extensions.AI;

namespace GruLM;

/// <summary>The turns of a request. Immutable.</summary>
/// <param name="Before">What was said, and the answers.</param>
/// <param name="Asked">What is to be answered.</param>
internal sealed record ChatTurns(IReadOnlyList<(string Message, string Answer)> Before, string Asked)
{
    /// <summary>The turns of messages, with instructions at their beginning.</summary>
    /// <exception cref="ArgumentException">There is nothing to answer, or an answer to nothing.</exception>
    /// <exception cref="NotSupportedException">A message is no text.</exception>
    public static ChatTurns Of(IEnumerable<ChatMessage> messages, string? instructions)
    {
        var before = new List<(string, string)>();
        var said = new List<string>();
        if (!string.IsNullOrWhiteSpace(instructions)) said.Add(instructions);
        bool isAsked = false;
        foreach (ChatMessage message in messages)
        {
            string text = Text(message);
            if (message.Role != ChatRole.Assistant)
            {
                said.Add(text);
                isAsked = true;
                continue;
            }

            if (!isAsked) throw new ArgumentException("a message of the assistant answers nothing; a user's was expected before it");
            before.Add((string.Join(' ', said), text));
            said.Clear();
            isAsked = false;
        }

        return isAsked
            ? new ChatTurns(before, string.Join(' ', said))
            : throw new ArgumentException("there is nothing to answer; the last message was expected to be the user's");
    }

    private static string Text(ChatMessage message)
    {
        if (message.Role != ChatRole.User && message.Role != ChatRole.System && message.Role != ChatRole.Assistant)
        {
            throw new NotSupportedException($"a message has the role '{message.Role}'; system, user or assistant was expected");
        }

        AIContent? other = message.Contents.FirstOrDefault(content => content is not (TextContent or UsageContent));
        return other is null
            ? message.Text
            : throw new NotSupportedException($"a message holds a {other.GetType().Name}, and this model reads nothing but text");
    }
}
