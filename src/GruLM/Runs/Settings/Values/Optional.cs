// A value that may be left open, so that something else decides it.

using System.Text.Json;

namespace GruLM;

/// <summary>The values of <paramref name="inner"/>, or none; <paramref name="open"/> is a word that says none, where there is
/// one.</summary>
internal sealed class Optional<T>(SettingValue<T> inner, string? open = null) : SettingValue<T?>
    where T : struct
{
    public override string? Placeholder => open is null ? inner.Placeholder : $"{open}|{inner.Placeholder}";

    public override T? Parse(IReadOnlyList<string> words) => open is not null && words[0] == open ? null : inner.Parse(words);

    public override T? Read(JsonElement json) =>
        open is not null && json.ValueKind == JsonValueKind.String && json.GetString() == open ? null : inner.Read(json);

    public override void Write(Utf8JsonWriter json, T? value) => inner.Write(json, value!.Value);

    public override string Text(T? value) => value is { } present ? inner.Text(present) : open ?? "";

    public override string? Expected(T? value) => value is { } present ? inner.Expected(present) : null;
}
