// JSON schemas: what models of random weights write parses and fits; which texts fit and which do not; and what is not understood.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Tokenization;
using NJsonSchema.Validation;

namespace GruLM.Tests;

public sealed class JsonSchemaTests : IDisposable
{
    private static readonly int s_schemas = Environment.GetEnvironmentVariable("GRULM_TESTS") == "full" ? 10_000 : 500;

    // With byte fallback and without, and with a dummy prefix.
    private readonly TinyModel[] _models =
    [
        new(SampleKind.Stream), new(SampleKind.Lines, seed: 8), new(SampleKind.Stream, tokenizer: CharacterTokenizer(), seed: 9),
    ];

    public void Dispose()
    {
        foreach (TinyModel model in _models) model.Dispose();
    }

    [Fact]
    public async Task What_models_of_random_weights_write_fits_random_schemas()
    {
        LanguageModel[] models = [.. _models.Select((model, i) => model.Open(1, i == 1 ? WeightFormat.Fp32 : WeightFormat.Int8))];
        for (int seed = 0; seed < s_schemas; seed++)
        {
            JsonObject schema = new RandomSchema(seed).Next();
            await CheckAsync(models[seed % models.Length], schema, seed);
        }

        foreach (LanguageModel model in models) model.Dispose();
    }

    private static async Task CheckAsync(LanguageModel model, JsonObject schema, int seed)
    {
        string json = schema.ToJsonString();
        var options = new GenerationOptions
        {
            Constraint = TextConstraint.JsonSchema(json),
            Sampling = new SamplingOptions { Seed = (ulong)seed, Temperature = seed % 5, TopK = 0, TopP = 1, MinP = 0 },
        };
        int least = model.Bind(options, model.Ids.Stops)!.Start.Least;
        options = options with { MaxTokens = least + (seed % 60) };
        if (least > 0)
        {
            Assert.Throws<ArgumentException>(() => model.Generate("", options with { MaxTokens = least - 1 }));
        }

        Completion text = seed % 7 == 0 ? model.Search("", 2, options)[0] : model.Complete("x", 1, options).Single();
        Assert.True(text.FinishReason == FinishReason.Stop, $"{seed}: {json} gave {text.Text}");
        using var document = JsonDocument.Parse(text.Text);
        NJsonSchema.JsonSchema validator = await NJsonSchema.JsonSchema.FromJsonAsync(RandomSchema.ForValidator(schema));
        IEnumerable<ValidationError> errors = validator.Validate(text.Text).Where(problem => !IsAboutLength(problem));
        string[] problems = [.. errors.Select(problem => problem.ToString())];
        Assert.True(problems.Length == 0, $"{seed}: {json} gave {text.Text}: {string.Join("; ", problems)}");
    }

    // The validator counts halves of surrogate pairs; texts with such characters are not its to judge.
    private static bool IsAboutLength(ValidationError error) =>
        error.Kind is ValidationErrorKind.StringTooLong or ValidationErrorKind.PatternMismatch or ValidationErrorKind.NoTypeValidates
            or ValidationErrorKind.NotAnyOf or ValidationErrorKind.ArrayItemNotValid
        && error.Token?.ToString().Any(char.IsSurrogate) == true;

    [Theory]
    [InlineData("""{"type":"integer"}""", "0|7|-7|999999999999999|-10", "-0|01|1.0|1e3|1000000000000000||+1")]
    [InlineData("""{"type":"integer","minimum":-12,"maximum":105}""", "-12|-9|0|105|99|100", "-13|106|-100|1000")]
    [InlineData("""{"type":"integer","minimum":0.5,"maximum":2.5}""", "1|2", "0|3|-1|10")]
    [InlineData("""{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":6}""", "4|5", "3|6|40")]
    [InlineData("""{"type":"integer","minimum":1e2,"maximum":1.2e2}""", "100|120|110", "99|121|12")]
    [InlineData("""{"type":"integer","maximum":-5}""", "-5|-10|-999", "-4|0|5")]
    [InlineData("""{"type":"integer","minimum":0}""", "0|5", "-1")]
    [InlineData(
        """{"type":"number"}""",
        "0|0.5|-1.25|10.00|-0.1|123456789012345.123456789012345", "-0|-0.0|.5|1.|1e5|00.5|1234567890123456")]
    [InlineData("""{"type":"number","minimum":0.25,"maximum":10.5}""", "0.25|0.250|9.99|10.5|10.50|2|0.3", "0.2|0.2499|10.51|11|100|0|-1")]
    [InlineData("""{"type":"number","exclusiveMinimum":-1,"maximum":-0.05}""", "-0.05|-0.99|-0.1|-0.050", "-1|0|-0.04|-1.0|-0.0499")]
    [InlineData("""{"type":"string"}""", "\"\"|\"é🙂\"|\"\\n\\\"\\\\\"|\"\\u0000\"", "\"|\"\n\"|\"\\u000a\"|\"\\/\"|\"\\ud800\"")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\"|\"🙂日é\"|\"\\n\\n\"", "\"a\"|\"abcd\"|\"🙂\"")]
    [InlineData("""{"type":"string","pattern":"^a+$"}""", "\"a\"|\"aaa\"", "\"\"|\"ab\"|\"ba\"")]
    [InlineData("""{"type":"string","pattern":"b","maxLength":3}""", "\"b\"|\"abc\"|\"\\nb\"", "\"\"|\"a\"|\"aabc\"")]
    [InlineData("""{"type":"string","pattern":"^[\"\\n\\\\]$"}""", "\"\\\"\"|\"\\n\"|\"\\\\\"", "\"\"\"|\"n\"")]
    [InlineData("""{"type":["string","null"],"maxLength":1}""", "null|\"\"|\"a\"", "\"ab\"|1")]
    [InlineData("""{"type":"boolean"}""", "true|false", "null|0|tru")]
    [InlineData("""{"enum":["a",1,null,{"b":[1.50,"\u00e9"]}]}""", "\"a\"|1|null|{\"b\":[1.50,\"é\"]}", "2|{}")]
    [InlineData("""{"type":"integer","enum":["a",1,2.0,2.5]}""", "1|2.0", "\"a\"|2.5")]
    [InlineData("""{"const":{"x":{}}}""", "{\"x\":{}}", "{}")]
    [InlineData("""{"anyOf":[{"type":"null"},{"const":1}]}""", "null|1", "2")]
    [InlineData("""{"type":"array","items":{"const":1}}""", "[]|[1]|[1,1,1]", "[2]|[1,]|[,1]|[ 1]")]
    [InlineData("""{"type":"array","items":{"const":1},"minItems":2,"maxItems":3}""", "[1,1]|[1,1,1]", "[]|[1]|[1,1,1,1]")]
    [InlineData("""{"type":"array","items":{"const":1},"maxItems":0}""", "[]", "[1]")]
    [InlineData("""{"type":"array","items":{"const":1},"minItems":1}""", "[1]|[1,1]", "[]")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false}""", "{}", "{\"a\":1}")]
    [InlineData(
        """{"type":"object","properties":{"a":{"const":1},"b":{"const":2}},"required":["a","b"]}""",
        "{\"a\":1,\"b\":2}", "{}|{\"a\":1}|{\"b\":2,\"a\":1}|{\"a\":1, \"b\":2}")]
    [InlineData(
        """{"type":"object","properties":{"a":{"const":1},"b":{"const":2},"c":{"const":3}},"required":["b"]}""",
        "{\"b\":2}|{\"a\":1,\"b\":2}|{\"b\":2,\"c\":3}|{\"a\":1,\"b\":2,\"c\":3}", "{}|{\"a\":1,\"c\":3}|{,\"b\":2}|{\"b\":2,}")]
    [InlineData(
        """{"type":"object","properties":{"a":{"const":1},"b":{"const":2}}}""",
        "{}|{\"a\":1}|{\"b\":2}|{\"a\":1,\"b\":2}", "{,}|{\"a\":1\"b\":2}")]
    [InlineData(
        """{"type":"object","properties":{"n":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["n"]}""",
        "{\"n\":null}|{\"n\":{\"n\":null}}", "{\"n\":{}}|null")]
    [InlineData("""{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"array","items":{"$ref":"#/$defs/a~1b"}}}}""", "[]|[[],[[]]]", "[1]")]
    [InlineData(
        """{"$ref":"#/$defs/a","items":{},"required":[],"minLength":0,"title":"b","default":1,"$defs":{"a":{"const":1,"properties":{}}}}""",
        "1", "2|[]")]
    [InlineData("{}", "{}|[1,{\"a\":[null]}]|\"x\"|-1.5|{\"a\":1,\"b\":{}}", "{a:1}|[1,]")]
    [InlineData("""{"type":"object"}""", "{}|{\"a\":[]}", "[]")]
    [InlineData("""{"type":"array","items":true}""", "[]|[[],1]", "{}")]
    public void Values_fit_or_not(string schema, string fitting, string others)
    {
        var automaton = new ConstraintAutomaton(TextConstraint.JsonSchema(schema).Rules, Vocabularies.Bytes, []);
        Assert.All(fitting.Split('|'), text => Assert.True(Vocabularies.Allows(automaton, text), text));
        Assert.All(others.Split('|'), text => Assert.False(Vocabularies.Allows(automaton, text), text));
    }

    [Fact]
    public void Bounds_of_numbers_are_exact()
    {
        var random = new Random(3);
        for (int round = 0; round < 400; round++)
        {
            decimal least = Draw(), most = Draw();
            if (least > most) (least, most) = (most, least);
            string type = round % 2 == 0 ? "integer" : "number";
            string schema = string.Create(CultureInfo.InvariantCulture, $$"""{"type":"{{type}}","minimum":{{least}},"maximum":{{most}}}""");
            ConstraintAutomaton? automaton = null;
            try
            {
                automaton = new ConstraintAutomaton(TextConstraint.JsonSchema(schema).Rules, Vocabularies.Bytes, []);
            }
            catch (ArgumentException)
            {
                Assert.True(type == "integer" && Math.Ceiling(least) > Math.Floor(most), schema);
                continue;
            }

            decimal step = type == "integer" ? 1 : 0.001m;
            IEnumerable<decimal> drawn = Enumerable.Range(0, 20).Select(_ => Draw());
            decimal[] near = [least, most, least - step, most + step, (least + most) / 2, 0, -least, most * 10, .. drawn];
            foreach (decimal number in near.Select(n => type == "integer" ? Math.Round(n) : Math.Round(n, 9)))
            {
                string text = number.ToString("0.#########", CultureInfo.InvariantCulture);
                Assert.True(Vocabularies.Allows(automaton, text) == (number >= least && number <= most), $"{schema} and {text}");
            }
        }

        decimal Draw() => random.Next(-100_000, 100_000) / (decimal)Math.Pow(10, random.Next(6));
    }

    [Theory]
    [InlineData("{", "the schema is no valid JSON at line 1")]
    [InlineData("[]", "#: a schema is an object")]
    [InlineData("false", "#: false allows no value")]
    [InlineData(
        """{"type":"object","properties":{"a":{"type":"string","format":"iri"}}}""",
        "#/properties/a: the format 'iri' is not understood for type string; those that are: date-time, date, time, ")]
    [InlineData("""{"type":"integer","format":"date"}""", "the format 'date' is not understood for type integer; those that are: int8")]
    [InlineData("""{"type":"boolean","format":"date"}""", "#: the keyword 'format' is not understood for type boolean")]
    [InlineData("""{"type":"string","format":1}""", "#: 'format' is a name")]
    [InlineData("""{"type":"string","format":"date","pattern":"a"}""", "#: 'pattern' and 'format' together are not understood")]
    [InlineData("""{"type":"string","contentEncoding":"gzip"}""", "#: 'contentEncoding' is understood as base64 alone")]
    [InlineData("""{"type":"string","format":"date","minLength":11}""", "no text fits")]
    [InlineData("""{"type":"integer","format":"uint8","minimum":256}""", "#: no integer of 15 digits or fewer lies within the bounds")]
    [InlineData("""{"$ref":"#/$defs/x","items":{"type":"null"},"$defs":{"x":{}}}""", "'items' is not understood beside '$ref'")]
    [InlineData("""{"oneOf":[]}""", "#: the keyword 'oneOf' is not understood")]
    [InlineData("""{"minimum":1}""", "#: the keyword 'minimum' is not understood without 'type'")]
    [InlineData("""{"type":"string","minimum":1}""", "#: the keyword 'minimum' is not understood for type string")]
    [InlineData("""{"enum":[1],"minimum":1}""", "#: the keyword 'minimum' is not understood beside 'enum'")]
    [InlineData("""{"type":"array","items":{"type":"number","multipleOf":2}}""", "#/items: the keyword 'multipleOf'")]
    [InlineData("""{"anyOf":[{"type":"array","uniqueItems":true}]}""", "#/anyOf/0: the keyword 'uniqueItems'")]
    [InlineData("""{"type":"object","additionalProperties":true}""", "'additionalProperties' is understood as false alone")]
    [InlineData("""{"type":"object","properties":{},"required":["a"]}""", "'required' names 'a'")]
    [InlineData("""{"type":"strin"}""", "type 'strin' is not understood")]
    [InlineData("""{"type":1}""", "'type' is a name")]
    [InlineData("""{"enum":[]}""", "none of the values")]
    [InlineData("""{"enum":1}""", "'enum' is a list")]
    [InlineData("""{"anyOf":[]}""", "'anyOf' is a list")]
    [InlineData("""{"$ref":"other.json"}""", "'$ref' other.json is not understood")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "'$ref' #/$defs/x leads nowhere")]
    [InlineData("""{"$ref":"#"}""", "'#' is left-recursive")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "no text fits")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":2}""", "'minLength' 3 is above 'maxLength' 2")]
    [InlineData("""{"type":"string","minLength":-1}""", "'minLength' is a whole number")]
    [InlineData("""{"type":"string","pattern":"(?=a)"}""", "#: 'pattern': the regular expression '(?=a)'")]
    [InlineData("""{"type":"string","pattern":"^[a-z]{900,}$","maxLength":901}""", "too large")]
    [InlineData("""{"type":"array","items":{},"minItems":3,"maxItems":2}""", "'minItems' 3 is above 'maxItems' 2")]
    [InlineData("""{"type":"integer","minimum":5,"maximum":4}""", "no integer of 15 digits or fewer lies within the bounds")]
    [InlineData("""{"type":"integer","minimum":0.2,"maximum":0.8}""", "no integer")]
    [InlineData("""{"type":"number","minimum":1e99}""", "no number")]
    [InlineData("""{"type":"number","minimum":"1"}""", "'minimum' is a number")]
    [InlineData("""{"type":"number","minimum":1,"exclusiveMinimum":1}""", "a bound and an exclusive bound")]
    [InlineData("""{"type":"null","type":"null"}""", "the schema")]
    public void What_is_not_understood_is_named_with_its_path(string schema, string expected)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => TextConstraint.JsonSchema(schema));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(250)]
    [InlineData(2_000)]
    public void Schemas_that_are_nested_too_deeply_are_an_error_and_no_crash(int depth)
    {
        string schema = string.Concat(Enumerable.Repeat("{\"items\":", depth)) + "{}" + new string('}', depth);
        ArgumentException error = Assert.Throws<ArgumentException>(() => TextConstraint.JsonSchema(schema));
        Assert.Equal("the schema is nested too deeply at line 1", error.Message);
        error = Assert.Throws<ArgumentException>(
            () => TextConstraint.JsonSchema(string.Concat(Enumerable.Repeat("{\"items\":", 100)) + "nul"));
        Assert.Contains("is no valid JSON at line 1", error.Message, StringComparison.Ordinal);
    }

    // Characters alone, no bytes, and spaces that the decoder would drop at the beginning.
    internal static Tokenizer CharacterTokenizer()
    {
        TrainerOptions options = DefaultTokenizer.Options(200, ModelType.Char);
        options.ByteFallback = false;
        options.AddDummyPrefix = true;
        options.CharacterCoverage = 1;
        string all = string.Concat(Enumerable.Range(33, 94).Select(c => (char)c)) + " éüñ/日本🙂\n";
        byte[] line = System.Text.Encoding.UTF8.GetBytes(all);
        return new Tokenizer(TokenizerTrainer.Train(options, [line, line]));
    }
}
