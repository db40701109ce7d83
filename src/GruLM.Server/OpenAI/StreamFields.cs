// The fields that ask for an answer piece by piece.

using System.Text.Json;

namespace GruLM.Server;

/// <summary>Reads whether an answer is streamed. Safe for several threads.</summary>
internal static class StreamFields
{
    private static readonly Field s_stream = new("stream", FieldKind.Switch, "give the answer piece by piece, as server-sent events");
    private static readonly Field s_options = new("stream_options", FieldKind.Object, "include_usage: end with what was used");

    /// <summary>Both of them.</summary>
    public static readonly Field[] All = [s_stream, s_options];

    /// <summary>Whether the answer is streamed.</summary>
    public static bool IsStream(RequestBody body) => body.Switch(s_stream);

    /// <summary>Whether a stream ends with what was used.</summary>
    public static bool IncludesUsage(RequestBody body)
    {
        if (body.Element(s_options) is not { } options) return false;
        if (options.ValueKind != JsonValueKind.Object) throw RequestBody.Wrong(options, s_options.Name, "an object");
        if (!options.TryGetProperty("include_usage", out JsonElement usage)) return false;
        return usage.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False or JsonValueKind.Null => false,
            _ => throw RequestBody.Wrong(usage, "stream_options.include_usage", "true or false"),
        };
    }
}
