// The name of a device, or the word that leaves the choice. Devices can be registered at any time, so help names only those that are always
// there, and a value is looked up when it is read.

using System.Text.Json;

namespace GruLM;

/// <summary>What <see cref="Devices.Words"/> holds.</summary>
internal sealed class DeviceWord : SettingValue<string>
{
    public override string Placeholder => $"{Devices.Cpu}|{Devices.Cuda}|{Devices.Auto}";

    public override string Parse(IReadOnlyList<string> words)
    {
        if (Expected(words[0]) is not { } expected) return words[0];
        string near = NearestName.Hint(words[0], Devices.Words);
        throw new FormatException($"{expected} was expected{near}");
    }

    public override void Write(Utf8JsonWriter json, string value) => json.WriteStringValue(value);

    public override string Text(string value) => value;

    public override bool IsLeftOpen(string value) => false;

    public override string? Expected(string value) =>
        Devices.Words.Contains(value, StringComparer.Ordinal) ? null : "one of " + string.Join(", ", Devices.Words);
}
