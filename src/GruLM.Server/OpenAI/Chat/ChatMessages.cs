// The messages of a talk: roles and texts, as OpenAI's interfaces have them.

using System.Text.Json;
using Microsoft.Extensions.AI;

namespace GruLM.Server;

/// <summary>Reads messages. Safe for several threads.</summary>
internal static class ChatMessages
{
    /// <summary>The turns of a list of messages.</summary>
    /// <exception cref="ApiException">They are no messages, or end with no question.</exception>
    public static ChatTurns Read(JsonElement list, string field, string? instructions = null)
    {
        if (list.ValueKind != JsonValueKind.Array) throw RequestBody.Wrong(list, field, "a list of messages");
        ChatMessage[] messages = [.. list.EnumerateArray().Select((message, index) => Message(message, $"{field}[{index}]"))];
        try
        {
            return ChatTurns.Of(messages, instructions);
        }
        catch (ArgumentException error)
        {
            throw ApiException.Bad($"'{field}': {error.Message}", field);
        }
    }

    private static ChatMessage Message(JsonElement message, string field)
    {
        if (message.ValueKind != JsonValueKind.Object) throw RequestBody.Wrong(message, field, "a message with role and content");
        string role = message.TryGetProperty("role", out JsonElement given) ? RequestBody.TextOf(given, $"{field}.role") : "user";
        return new ChatMessage(RoleOf(role, field), Content(message, field));
    }

    private static ChatRole RoleOf(string role, string field) => role switch
    {
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "system" or "developer" => ChatRole.System,
        _ => throw ApiException.Bad($"'{field}.role' is none of user, assistant, system and developer", $"{field}.role"),
    };

    private static string Content(JsonElement message, string field)
    {
        string name = $"{field}.content";
        if (message.TryGetProperty("tool_calls", out JsonElement calls) && calls.ValueKind is not JsonValueKind.Null)
        {
            throw ApiException.Bad($"'{field}.tool_calls' is given, and this model calls no tools", $"{field}.tool_calls");
        }

        if (!message.TryGetProperty("content", out JsonElement content) || content.ValueKind == JsonValueKind.Null)
        {
            throw ApiException.Bad($"'{name}' is missing; a text was expected", name);
        }

        return content.ValueKind == JsonValueKind.Array
            ? string.Concat(content.EnumerateArray().Select((part, index) => Part(part, $"{name}[{index}]")))
            : RequestBody.TextOf(content, name);
    }

    private static string Part(JsonElement part, string field)
    {
        if (part.ValueKind != JsonValueKind.Object) throw RequestBody.Wrong(part, field, "a part with type and text");
        string type = part.TryGetProperty("type", out JsonElement given) ? RequestBody.TextOf(given, $"{field}.type") : "text";
        if (type is not ("text" or "input_text" or "output_text") || !part.TryGetProperty("text", out JsonElement text))
        {
            throw ApiException.Bad($"'{field}' is no part with a text, and these models read nothing else", field);
        }

        return RequestBody.TextOf(text, $"{field}.text");
    }
}
