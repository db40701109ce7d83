// The fields that say how a text is written, which all kinds of requests share. What is not given is the model's own; the seed is another
// one each time.

using System.Globalization;
using System.Text.Json;
using GruLM.Generation;

namespace GruLM.Server;

/// <summary>Reads how texts are written. Safe for several threads.</summary>
internal static class WritingFields
{
    /// <summary>The most alternatives to a token that are told.</summary>
    public const int MostAlternatives = 20;

    private const int DefaultTokens = 256;
    private const int MostTokens = 1_000_000;
    private const double Most = 1000;

    private static readonly Field s_temperature = new("temperature", FieldKind.Number, "0 takes the likeliest token always", 0, Most);
    private static readonly Field s_topK = new("top_k", FieldKind.Integer, "candidates kept by likelihood; 0: all", 0, int.MaxValue);
    private static readonly Field s_topP = new("top_p", FieldKind.Number, "probability kept; 1: all", 0, 1);
    private static readonly Field s_minP = new("min_p", FieldKind.Number, "least probability relative to the likeliest", 0, 1);
    private static readonly Field s_typical = new("typical_p", FieldKind.Number, "probability kept by typicality; 1: all", 0, 1);
    private static readonly Field s_repeat = new("repeat_penalty", FieldKind.Number, "divides scores of recent tokens", 0.001, Most);
    private static readonly Field s_lastN = new("repeat_last_n", FieldKind.Integer, "tokens that are recent; -1: all", -1, int.MaxValue);
    private static readonly Field s_presence = new("presence_penalty", FieldKind.Number, "taken from recent tokens' scores", -Most, Most);
    private static readonly Field s_frequency = new("frequency_penalty", FieldKind.Number, "the same, for each time", -Most, Most);
    private static readonly Field s_dry = new("dry_multiplier", FieldKind.Number, "against repetitions; 0: off", 0, Most);
    private static readonly Field s_dryBase = new("dry_base", FieldKind.Number, "growth of that with each token", 1, Most);
    private static readonly Field s_dryLength = new("dry_allowed_length", FieldKind.Integer, "tokens let pass", 1, int.MaxValue);
    private static readonly Field s_mirostat = new("mirostat", FieldKind.Integer, "0 or 2", 0, 2);
    private static readonly Field s_mirostatTau = new("mirostat_tau", FieldKind.Number, "surprise aimed at, in bits", 0, Most);
    private static readonly Field s_mirostatEta = new("mirostat_eta", FieldKind.Number, "how fast mirostat learns", 0, Most);
    private static readonly Field s_seed = new(
        "seed", FieldKind.Integer, "the same seed gives the same text", long.MinValue, long.MaxValue);

    private static readonly Field s_stop = new("stop", FieldKind.Texts, "texts that end it, at most 16", 0, 16);
    private static readonly Field s_bias = new("logit_bias", FieldKind.Object, "added to the scores of tokens, by id");
    private static readonly Field s_ignoreEos = new("ignore_eos", FieldKind.Switch, "goes on where the model would end");
    private static readonly Field s_regex = new("regex", FieldKind.Text, "what the text must match");
    private static readonly Field s_grammar = new("grammar", FieldKind.Text, "the GBNF grammar of the text");
    private static readonly Field s_schema = new("json_schema", FieldKind.Object, "the JSON schema of the text");

    /// <summary>All of them, but for the one that says how many tokens there may be.</summary>
    public static readonly Field[] All =
    [
        s_temperature, s_topK, s_topP, s_minP, s_typical, s_repeat, s_lastN, s_presence, s_frequency, s_dry, s_dryBase, s_dryLength,
        s_mirostat, s_mirostatTau, s_mirostatEta, s_seed, s_stop, s_bias, s_ignoreEos, s_regex, s_grammar, s_schema,
    ];

    /// <summary>A field for the number of tokens, which has several names.</summary>
    public static Field Tokens(string name, int least = 0) =>
        new(name, FieldKind.Integer, $"tokens at most; {DefaultTokens} where it is not given", least, MostTokens);

    /// <summary>How a text is written.</summary>
    /// <param name="body">The request.</param>
    /// <param name="model">The model that it asks.</param>
    /// <param name="tokens">The names of the number of tokens; the first that is given counts. Below 0: as many as there may be.</param>
    /// <param name="limit">The most tokens that this server gives.</param>
    /// <exception cref="ApiException">A field makes no sense.</exception>
    public static GenerationOptions Read(RequestBody body, ServedModel model, IEnumerable<Field> tokens, int? limit)
    {
        Field? given = tokens.FirstOrDefault(body.Has);
        int most = given is null ? Math.Min(DefaultTokens, limit ?? DefaultTokens) : (int)body.Integer(given)!.Value;
        if (most < 0) most = limit ?? MostTokens;
        if (most > limit) throw ApiException.Bad($"'{given!.Name}' is {most}; this server writes at most {limit}", given.Name);
        return new GenerationOptions
        {
            MaxTokens = most,
            Stop = body.Texts(s_stop),
            IgnoreEos = body.Switch(s_ignoreEos),
            Sampling = Sampling(body, model.Model.Defaults.ToSampling()),
            Constraint = Constraint(body, model),
        };
    }

    /// <summary>The constraint of a JSON schema.</summary>
    /// <exception cref="ApiException">It is no schema that is understood.</exception>
    public static TextConstraint Schema(ServedModel model, JsonElement schema, string field)
    {
        if (schema.ValueKind != JsonValueKind.Object) throw RequestBody.Wrong(schema, field, "a JSON schema");
        return Made(() => model.Constraint("schema", schema.GetRawText(), TextConstraint.JsonSchema), field);
    }

    /// <summary>Checks the options for texts of a model.</summary>
    /// <exception cref="ApiException">They make no sense for it.</exception>
    public static void Check(ServedModel model, GenerationOptions options, int[] stops)
    {
        try
        {
            model.Model.Check(options, stops);
        }
        catch (ArgumentException error)
        {
            throw ApiException.Bad(InFieldNames(error.Message));
        }
    }

    private static SamplingOptions Sampling(RequestBody body, SamplingOptions own) => own with
    {
        Temperature = body.Number(s_temperature) ?? own.Temperature,
        TopK = (int?)body.Integer(s_topK) ?? own.TopK,
        TopP = Positive(body, s_topP) ?? own.TopP,
        MinP = body.Number(s_minP) ?? own.MinP,
        Typical = Positive(body, s_typical) ?? own.Typical,
        RepeatPenalty = body.Number(s_repeat) ?? own.RepeatPenalty,
        RepeatLastN = (int?)body.Integer(s_lastN) ?? own.RepeatLastN,
        PresencePenalty = body.Number(s_presence) ?? own.PresencePenalty,
        FrequencyPenalty = body.Number(s_frequency) ?? own.FrequencyPenalty,
        DryMultiplier = body.Number(s_dry) ?? own.DryMultiplier,
        DryBase = body.Number(s_dryBase) ?? own.DryBase,
        DryAllowedLength = (int?)body.Integer(s_dryLength) ?? own.DryAllowedLength,
        Mirostat = (int?)body.Integer(s_mirostat) ?? own.Mirostat,
        MirostatEnt = body.Number(s_mirostatTau) ?? own.MirostatEnt,
        MirostatLr = body.Number(s_mirostatEta) ?? own.MirostatLr,
        LogitBias = Biases(body),
        Seed = body.Integer(s_seed) is { } seed ? unchecked((ulong)seed) : unchecked((ulong)Random.Shared.NextInt64()),
    };

    // As in OpenAI's interface 0 is allowed, and leaves the likeliest token alone; the least that there is does just that.
    private static double? Positive(RequestBody body, Field field) =>
        body.Number(field) is { } number ? Math.Max(number, 1e-6) : null;

    private static Dictionary<int, float> Biases(RequestBody body)
    {
        var biases = new Dictionary<int, float>();
        if (body.Element(s_bias) is not { } given) return biases;
        if (given.ValueKind != JsonValueKind.Object) throw RequestBody.Wrong(given, s_bias.Name, "an object of token ids and numbers");
        foreach (JsonProperty bias in given.EnumerateObject())
        {
            bool isId = int.TryParse(RequestBody.NameOf(bias), NumberStyles.None, CultureInfo.InvariantCulture, out int id);
            if (!isId) throw ApiException.Bad($"'{s_bias.Name}' names something that is no token id; /tokenize tells ids", s_bias.Name);
            if (bias.Value.ValueKind != JsonValueKind.Number) throw RequestBody.Wrong(bias.Value, s_bias.Name, "a number for each token");
            biases[id] = (float)Math.Clamp(bias.Value.GetDouble(), -1e30, 1e30);
        }

        return biases;
    }

    private static TextConstraint? Constraint(RequestBody body, ServedModel model)
    {
        Field[] given = [.. new[] { s_regex, s_grammar, s_schema }.Where(body.Has)];
        if (given.Length > 1)
        {
            throw ApiException.Bad($"'{given[0].Name}' and '{given[1].Name}' are given; one of them can hold", given[1].Name);
        }

        if (given.Length == 0) return null;
        if (given[0] == s_schema) return Schema(model, body.Element(s_schema)!.Value, s_schema.Name);
        string source = body.Text(given[0])!;
        return given[0] == s_regex
            ? Made(() => model.Constraint("regex", source, TextConstraint.Regex), s_regex.Name)
            : Made(() => model.Constraint("grammar", source, TextConstraint.Grammar), s_grammar.Name);
    }

    private static TextConstraint Made(Func<TextConstraint> make, string field)
    {
        try
        {
            return make();
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw ApiException.Bad($"'{field}': {error.Message}", field);
        }
    }

    // The library's messages speak of properties: 'MaxTokens' is max_tokens here.
    private static string InFieldNames(string message)
    {
        foreach (string property in (string[])["LogitBias", "MaxTokens", "Mirostat", "Stop", "Constraint", "IgnoreEos"])
        {
            message = message.Replace($"'{property}'", $"'{JsonNamingPolicy.SnakeCaseLower.ConvertName(property)}'");
        }

        return message;
    }
}
