// On or off.

using System.Text.Json;

namespace GruLM;

/// <summary>True, when it is given without a value, and false.</summary>
internal sealed class Switch : SettingValue<bool>
{
    public override string? Placeholder => null;

    public override bool Parse(IReadOnlyList<string> words) => words is not ["false"];

    public override bool Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FormatException("true or false was expected"),
    };

    public override void Write(Utf8JsonWriter json, bool value) => json.WriteBooleanValue(value);

    public override string Text(bool value) => value ? "on" : "off";
}
