// Formats in JSON schemas: what models of random weights write in each is read by the parsers of that kind, which strings fit and which do
// not, and records of C# by the schemas that .NET writes for them.

using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Mail;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Xml;
using GruLM.Generation;
using GruLM.Model;
using Microsoft.Extensions.AI;

namespace GruLM.Tests;

public sealed class FormatTests : IDisposable
{
    private const int Values = 1000;

    private static readonly Dictionary<string, Func<string, bool>> s_parsers = new()
    {
        ["date-time"] = json => Is<DateTime>(json) && Is<DateTimeOffset>(json),
        ["date"] = Is<DateOnly>,
        ["time"] = Is<TimeOnly>,
        ["duration"] = json => XmlConvert.ToTimeSpan(Text(json)) >= TimeSpan.Zero,
        ["uuid"] = Is<Guid>,
        ["email"] = json => new MailAddress(Text(json)).Address == Text(json) && Text(json).Length <= 254,
        ["hostname"] = json => Uri.CheckHostName(Text(json)) == UriHostNameType.Dns && Text(json).Length <= 253,
        ["ipv4"] = json => IPAddress.Parse(Text(json)).ToString() == Text(json),
        ["ipv6"] = json => IPAddress.Parse(Text(json)).GetAddressBytes().Length == 16,
        ["uri"] = json => Is<Uri>(json) && Uri.IsWellFormedUriString(Text(json), UriKind.Absolute),
        ["base64"] = Is<byte[]>,
    };

    private static readonly Dictionary<string, Func<string, bool>> s_ofNumbers = new()
    {
        ["int8"] = Is<sbyte>,
        ["int16"] = Is<short>,
        ["int32"] = Is<int>,
        ["int64"] = Is<long>,
        ["uint8"] = Is<byte>,
        ["uint16"] = Is<ushort>,
        ["uint32"] = Is<uint>,
        ["uint64"] = Is<ulong>,
        ["float"] = Is<float>,
        ["double"] = Is<double>,
        ["decimal"] = Is<decimal>,
    };

    private readonly TinyModel _tiny = new(SampleKind.Stream);

    public static TheoryData<string> Formats => [.. s_parsers.Keys, .. s_ofNumbers.Keys];

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [MemberData(nameof(Formats))]
    public void What_is_written_in_a_format_is_read_by_the_parsers_of_its_kind(string format)
    {
        bool isNumber = s_ofNumbers.TryGetValue(format, out Func<string, bool>? parser);
        string type = isNumber ? "number" : "string", keyword = format == "base64" ? "contentEncoding" : "format";
        string[] written = Write($$"""{"type":"{{type}}","{{keyword}}":"{{format}}"}""", Values, 200);
        Assert.All(written, json => Assert.True(IsRead(json, parser ?? s_parsers[format]), json));
        Assert.InRange(written.Distinct().Count(), 50, Values);
    }

    [Fact]
    public void All_formats_that_are_understood_are_tried()
    {
        Assert.Equal(StringFormats.Names.Order(), s_parsers.Keys.Where(name => name != "base64").Order());
        Assert.Equal(NumberFormats.Names.Order(), s_ofNumbers.Keys.Order());
    }

    [Theory]
    [InlineData(
        "date", "2024-02-29|2000-02-29|0001-01-01|9999-12-31|2023-06-30|0004-02-29",
        "2023-02-29|1900-02-29|2023-06-31|0000-01-01|0000-02-29|2023-13-01|2023-00-10|2023-1-1|2023-02-30|")]
    [InlineData(
        "date-time", "2024-02-29T23:59:59Z|9999-12-31T23:59:59.9999999Z|2023-01-01T00:00:00.5+14:00|9998-12-31T23:59:59-13:59",
        "2023-01-01T24:00:00Z|2023-01-01T00:00:00|9999-12-31T23:59:59-01:00|2023-01-01T00:00:00+14:01|2023-01-01 00:00:00Z|2023-01-01")]
    [InlineData("time", "00:00:00|23:59:59.1234567", "24:00:00|23:60:00|23:59|12:00:00.|12:00:00.12345678")]
    [InlineData("duration", "P1Y2M3DT4H5M6S|PT0S|P3D|P2YT1M|PT5H", "P|PT|P1W|P1Y2D|P01D|P1DT|PT1H1S|1D")]
    [InlineData("uuid", "0123abcd-4567-89ef-0123-456789ABCDEF", "0123abcd456789ef0123456789abcdef|g123abcd-4567-89ef-0123-456789abcdef")]
    [InlineData("email", "a@b.co|first.last+tag@mail.example.org", "a@b|@b.co|a@|a..b@c.de|.a@b.co|a@-b.co|a b@c.de|a@b.c0")]
    [InlineData("hostname", "localhost|www.example.org|a-1.b", "-a|a-|a..b|a.|1.2.3.4|a_b|")]
    [InlineData("ipv4", "0.0.0.0|255.255.255.255|192.168.1.10", "256.0.0.1|1.2.3|01.2.3.4|1.2.3.4.5")]
    [InlineData("ipv6", "::|::1|2001:db8::1|1:2:3:4:5:6:7:8|1:2:3:4:5:6:7::|fe80::a:B", "1:2:3|1::2::3|:1|1:2:3:4:5:6:7:8:9|12345::|:::")]
    [InlineData(
        "uri", "http://a|https://example.org/a/b?c=d&e#f|http://1.2.3.4:65535/|https://a.b/%20(x)",
        "example.org|http://|http://a b|http://a:65536|http://a/%2|http://a/\\u00e9|ftp://a")]
    public void Strings_are_of_a_format_or_not(string format, string fitting, string others)
    {
        ConstraintAutomaton automaton = Automaton($$"""{"type":"string","format":"{{format}}"}""");
        Assert.All(fitting.Split('|'), text => Assert.True(Vocabularies.Allows(automaton, $"\"{text}\""), text));
        Assert.All(others.Split('|'), text => Assert.False(Vocabularies.Allows(automaton, $"\"{text}\""), text));
    }

    [Theory]
    [InlineData("""{"type":["string","null"],"format":"date"}""", "null|\"2024-01-01\"", "\"x\"")]
    [InlineData("""{"type":["integer","string"],"format":"int8","pattern":"^-?\\d$"}""", "127|-128|\"5\"", "128|-129|\"55\"")]
    [InlineData("""{"type":"integer","format":"int32"}""", "2147483647|-2147483648|0", "2147483648|-2147483649|0.5")]
    [InlineData("""{"type":"integer","format":"int32","minimum":0,"maximum":1e12}""", "2147483647|0", "2147483648|-1")]
    [InlineData("""{"type":"integer","format":"uint8","exclusiveMinimum":0,"maximum":200.5}""", "1|200", "0|201|255")]
    [InlineData("""{"type":"integer","format":"int16","minimum":-1e9,"exclusiveMaximum":-32767}""", "-32768", "-32767|-32769|0")]
    [InlineData("""{"type":"number","format":"double","minimum":0.5}""", "0.5|1", "0.4|1e0")]
    [InlineData("""{"type":"string","format":"email","maxLength":6}""", "\"a@b.co\"", "\"aa@b.co\"")]
    [InlineData("""{"type":"string","format":"email","minLength":3,"maxLength":300}""", "\"a@b.co\"|\"aa@b.co\"", "\"\"")]
    [InlineData("""{"type":"string","format":"uri","minLength":10,"maxLength":2000}""", "\"http://abc\"", "\"http://ab\"")]
    [InlineData("""{"type":"string","format":"date","maxLength":10}""", "\"2024-01-01\"", "\"2024-01-1\"")]
    [InlineData("""{"type":"string","contentEncoding":"base64"}""", "\"\"|\"AAAA\"|\"AA==\"|\"AAE=\"", "\"A\"|\"AB==\"|\"A===\"|\"AA\"")]
    public void A_format_goes_with_other_keywords(string schema, string fitting, string others)
    {
        ConstraintAutomaton automaton = Automaton(schema);
        Assert.All(fitting.Split('|'), text => Assert.True(Vocabularies.Allows(automaton, text), text));
        Assert.All(others.Split('|'), text => Assert.False(Vocabularies.Allows(automaton, text), text));
    }

    [Fact]
    public void Records_are_read_back_from_what_their_schemas_allow()
    {
        var options = new AIJsonSchemaCreateOptions { TransformSchemaNode = Bounded };
        string schema = AIJsonUtilities.CreateJsonSchema(typeof(Everything), inferenceOptions: options).GetRawText();
        foreach (string json in Write(schema, 100, 1500))
        {
            Everything read = JsonSerializer.Deserialize<Everything>(json, AIJsonUtilities.DefaultOptions)!;
            List<ValidationResult> problems = [];
            Assert.True(Validator.TryValidateObject(read, new ValidationContext(read), problems, true), json);
        }
    }

    [Fact]
    public void So_are_records_by_the_exporter_of_the_serializer_alone()
    {
        var how = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true };
        JsonNode schema = JsonSerializerOptions.Default.GetJsonSchemaAsNode(typeof(Family), how);
        Assert.All(Write(schema.ToJsonString(), 100, 600), json => Assert.NotNull(JsonSerializer.Deserialize<Family>(json)!.Mother.Name));
    }

    private static JsonNode Bounded(AIJsonSchemaCreateContext context, JsonNode node)
    {
        Type type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        string? format = type == typeof(int) ? "int32" : type == typeof(byte) ? "uint8" : type == typeof(uint) ? "uint32" : null;
        if (format is not null && node is JsonObject schema) schema["format"] = format;
        return node;
    }

    private string[] Write(string schema, int count, int tokens)
    {
        using LanguageModel model = _tiny.Open();
        var options = new GenerationOptions
        {
            Constraint = TextConstraint.JsonSchema(schema),
            Sampling = new SamplingOptions { Seed = 5, Temperature = 1, TopK = 0, TopP = 1, MinP = 0 },
            MaxTokens = tokens,
        };
        return [.. model.Complete("", count, options).Select(text => text.Text)];
    }

    private static ConstraintAutomaton Automaton(string schema) => new(TextConstraint.JsonSchema(schema).Rules, Vocabularies.Bytes, []);

    private static bool IsRead(string json, Func<string, bool> parser)
    {
        try
        {
            return parser(json);
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            return false;
        }
    }

    private static bool Is<T>(string json) => JsonSerializer.Deserialize<T>(json) is not null;

    private static string Text(string json) => JsonSerializer.Deserialize<string>(json)!;

    internal sealed record Person(string Name, DateOnly Born, string[] Hobbies);

    internal sealed record Family(Person Mother, Person Father, List<Person> Children, Family? Grandparents);

    internal sealed class Everything
    {
        public required int Count { get; init; }

        public required byte Small { get; init; }

        public required uint? Positive { get; init; }

        [Range(0, 120)]
        public required int Age { get; init; }

        public required DateTime At { get; init; }

        public required DateTimeOffset? Seen { get; init; }

        public required DateOnly Born { get; init; }

        public required TimeOnly Hour { get; init; }

        public required Guid Id { get; init; }

        public required Uri Home { get; init; }

        [Url]
        [StringLength(2000)]
        public required string Link { get; init; }

        [EmailAddress]
        [StringLength(254)]
        public required string Mail { get; init; }

        [Base64String]
        public required string Bytes { get; init; }

        // Lengths of any text are no matter for the validator, which counts halves of surrogate pairs.
        [RegularExpression("^[a-z ]{2,20}$")]
        public required string Name { get; init; }

        public required DayOfWeek Weekday { get; init; }

        public required Person Who { get; init; }

        public required Person Other { get; init; }

        public required string[] Hobbies { get; init; }
    }
}
