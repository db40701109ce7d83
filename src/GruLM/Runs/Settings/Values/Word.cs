// One of a few words, each of which stands for a value.

using System.Text.Json;

namespace GruLM;

/// <summary>The values that <paramref name="words"/> name.</summary>
internal sealed class Word<T>(params (string Word, T Value)[] words) : SettingValue<T>
    where T : struct, Enum
{
    public override string Placeholder => string.Join('|', words.Select(word => word.Word));

    public override T Parse(IReadOnlyList<string> given)
    {
        foreach ((string word, T value) in words)
        {
            if (word == given[0]) return value;
        }

        string near = NearestName.Hint(given[0], words.Select(word => word.Word));
        throw new FormatException($"{Wanted()} was expected{near}");
    }

    public override void Write(Utf8JsonWriter json, T value) => json.WriteStringValue(Text(value));

    public override string Text(T value) => words.First(word => Equals(word.Value, value)).Word;

    public override string? Expected(T value) => words.Any(word => Equals(word.Value, value)) ? null : Wanted();

    private string Wanted() => "one of " + string.Join(", ", words.Select(word => word.Word));
}
