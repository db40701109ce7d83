// What a request of /v1/responses says: a text, or messages.

using System.Text.Json;
using Microsoft.Extensions.AI;

namespace GruLM.Server;

/// <summary>Reads inputs. Safe for several threads.</summary>
internal static class ResponseInput
{
    /// <summary>The turns of an input.</summary>
    /// <exception cref="ApiException">It is neither a text nor messages, or ends with no question.</exception>
    public static ChatTurns Read(JsonElement input, string field, string? instructions)
    {
        if (input.ValueKind == JsonValueKind.String)
        {
            return ChatTurns.Of([new ChatMessage(ChatRole.User, RequestBody.TextOf(input, field))], instructions);
        }

        if (input.ValueKind != JsonValueKind.Array) throw RequestBody.Wrong(input, field, "a text or a list of messages");
        foreach ((int index, JsonElement item) in input.EnumerateArray().Index())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("type", out JsonElement type)) continue;
            string name = $"{field}[{index}].type";
            if (RequestBody.TextOf(type, name) != "message")
            {
                throw ApiException.Bad($"'{name}' is no message, and these models read nothing else", name);
            }
        }

        return ChatMessages.Read(input, field, instructions);
    }
}
