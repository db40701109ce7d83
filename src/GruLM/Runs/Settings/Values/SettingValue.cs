// What a setting's values are: how they are read from text and from JSON, written, and checked. The kinds are in the files beside this one.

using System.Globalization;
using System.Text.Json;

namespace GruLM;

/// <summary>A kind of values. Safe for several threads.</summary>
internal abstract class SettingValue<T>
{
    /// <summary>What stands for the value in help, such as N or FILE; null for a switch, which has none.</summary>
    public abstract string? Placeholder { get; }

    /// <summary>Whether several values make one setting.</summary>
    public virtual bool IsList => false;

    /// <summary>Reads the value from the words that it was given as.</summary>
    /// <exception cref="FormatException">They are none; the message says what was expected.</exception>
    public abstract T Parse(IReadOnlyList<string> words);

    /// <summary>Reads what <see cref="Write"/> wrote, or what a person wrote instead.</summary>
    /// <exception cref="FormatException">It is no such value; the message says what was expected.</exception>
    public virtual T Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => Parse([json.GetString()!]),
        JsonValueKind.Number => Parse([Plain(json)]),
        _ => throw new FormatException("a number or a text was expected"),
    };

    /// <summary>Writes the value.</summary>
    public abstract void Write(Utf8JsonWriter json, T value);

    /// <summary>The value as a person would type it.</summary>
    public abstract string Text(T value);

    /// <summary>Whether nothing was said, so that nothing is written.</summary>
    public virtual bool IsLeftOpen(T value) => value is null;

    /// <summary>What was expected instead of this value; null when it is fine.</summary>
    public virtual string? Expected(T value) => null;

    // 64.0 is a whole number in JSON.
    private static string Plain(JsonElement json) => json.TryGetDecimal(out decimal number) && decimal.Truncate(number) == number
        ? number.ToString("0", CultureInfo.InvariantCulture)
        : json.GetRawText();
}
