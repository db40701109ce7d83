// What is said of JSON that cannot be read: in our words, with the place.

using System.Text;
using System.Text.Json;
using GruLM.Formats;

namespace GruLM.Tests.Formats;

public sealed class JsonBytesTests
{
    [Theory]
    [InlineData("{\"data\":[\"x\"],}", "is no valid JSON at line 1: there is a comma before '}', with nothing behind it")]
    [InlineData("{\r\n\"a\": [1,\r\n]}", "is no valid JSON at line 3: there is a comma before ']', with nothing behind it")]
    [InlineData("{\"a\": 1", "is no valid JSON at line 1: it ends too early")]
    [InlineData("", "is no valid JSON at line 1: the file is empty")]
    [InlineData("{'a': 1}", "is no valid JSON at line 1: texts and names stand in double quotes")]
    [InlineData("{\n// one\n\"a\": 1}", "is no valid JSON at line 2: comments cannot stand in it")]
    [InlineData("{\"a\": True}", "is no valid JSON at line 1: 'True' is not expected there")]
    [InlineData("{\"a\": 1} x", "is no valid JSON at line 1: 'x' is not expected there")]
    [InlineData("nix", "is no valid JSON at line 1: 'nix' is not expected there")]
    [InlineData("{\"a\" 1}", "is no valid JSON at line 1: '1' is not expected there")]
    public void Broken_JSON_is_told_by_its_place(string text, string expected)
    {
        byte[] json = Encoding.UTF8.GetBytes(text);
        JsonException error = Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(json));
        Assert.Equal(expected, JsonBytes.Problem(json, error));
    }

    [Theory]
    [InlineData("{\"count\": \"hot\", \"name\": \"\"}", "count is \"hot\"; a whole number was expected")]
    [InlineData("{\"count\": 1, \"name\": 3}", "name is 3; a text was expected")]
    [InlineData("{\"count\": 1, \"name\": \"\", \"share\": [1]}", "share is [1]; a number was expected")]
    [InlineData("{\"count\": 1, \"name\": \"\", \"share\": {}}", "share is {}; a number was expected")]
    [InlineData("{}", "does not say count, name")]
    [InlineData("[]", "is no object of names and values")]
    public void A_value_of_another_kind_is_told_by_its_name(string text, string expected)
    {
        byte[] json = Encoding.UTF8.GetBytes(text);
        JsonException error = Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Values>(json, s_options));
        Assert.Equal(expected, JsonBytes.Problem(json, error));
    }

    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Values
    {
        public required int Count { get; init; }

        public required string Name { get; init; }

        public double Share { get; init; }
    }
}
