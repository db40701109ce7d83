// A row of the table whose values are of one type.

using System.Text.Json;

namespace GruLM;

/// <summary>A setting with values of <typeparamref name="T"/>.</summary>
internal sealed class SettingOf<T>(
    string property, string name, string help, SettingAccess<T> access, SettingValue<T> value)
    : Setting(property, name, help)
{
    public override string? Placeholder => value.Placeholder;

    public override bool IsList => value.IsList;

    public override Func<TrainingSettings, TrainingSettings> Parse(IReadOnlyList<string> words) => Putting(value.Parse(words));

    public override Func<TrainingSettings, TrainingSettings> Read(JsonElement json) => Putting(value.Read(json));

    public override void Write(Utf8JsonWriter json, TrainingSettings settings)
    {
        T current = access.Get(settings);
        if (value.IsLeftOpen(current)) return;
        json.WritePropertyName(Name);
        value.Write(json, current);
    }

    public override string Text(TrainingSettings settings) => value.Text(access.Get(settings));

    internal override TrainingSettings Copy(TrainingSettings other, TrainingSettings to) => access.With(to, access.Get(other));

    public override string? Problem(TrainingSettings settings)
    {
        T current = access.Get(settings);
        if (value.IsLeftOpen(current) || value.Expected(current) is not { } expected) return null;
        string found = FormattableString.Invariant($"{current}");
        return $"'{Property}' is {found}; {expected} was expected";
    }

    private Func<TrainingSettings, TrainingSettings> Putting(T read) => settings => access.With(settings, read);
}

/// <summary>How a property is read, and how settings with another value of it are made.</summary>
internal sealed record SettingAccess<T>(Func<TrainingSettings, T> Get, Func<TrainingSettings, T, TrainingSettings> With);
