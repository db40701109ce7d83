// What requests of Ollama's interface have in common: names with :latest, options in an object of their own, the form of the answer.

using System.Text.Json;

namespace GruLM.Server;

/// <summary>Reads requests of Ollama's clients. Safe for several threads.</summary>
internal static class OllamaRequest
{
    private const string Tag = ":latest";

    private static readonly Field s_predict = new(
        "num_predict", FieldKind.Integer, "tokens at most; -1: as many as the server gives; 256 where it is not given", -2, 1_000_000);

    private static readonly Field s_options = new("options", FieldKind.Object, "how the text is written")
    {
        Fields =
        [
            s_predict, .. WritingFields.All,
            .. new[] { "num_ctx", "num_keep", "num_batch", "num_thread", "num_gpu", "num_gqa", "main_gpu", "low_vram", "f16_kv",
                "logits_all", "vocab_only", "use_mmap", "use_mlock", "numa", "penalize_newline", "tfs_z", "embedding_only",
                "rope_frequency_base", "rope_frequency_scale" }.Select(Field.Ignored),
        ],
    };

    private static readonly Field s_stream = new("stream", FieldKind.Switch, "give the text piece by piece; true where it is not given");
    private static readonly Field s_format = new("format", FieldKind.Any, "json, or a JSON schema");

    // What these models cannot do. Clients may send these fields as long as they ask for nothing.
    private static readonly Field[] s_refused =
    [
        new("think", FieldKind.Any, "not supported: these models do not think apart from what they write"),
        new("logprobs", FieldKind.Switch, "not supported: /v1/completions and /v1/chat/completions tell them"),
        new("template", FieldKind.Text, "not supported: how a talk is put belongs to the model; 'raw' leaves it out"),
    ];

    /// <summary>A field that OllamaSharp, a client for .NET, writes into every request by mistake.</summary>
    public static readonly Field Headers = Field.Ignored("CustomHeaders");

    /// <summary>The fields that all requests for texts have.</summary>
    public static readonly Field[] All =
    [
        ModelShelf.Field, s_options, s_stream, s_format, .. s_refused,
        .. new[] { "keep_alive", "top_logprobs", "truncate", "shift" }.Select(Field.Ignored), Headers,
    ];

    /// <summary>The model that a request asks, by its name with or without a tag.</summary>
    /// <exception cref="ApiException">There is none of that name.</exception>
    public static ServedModel ModelOf(string? name, ServerParts parts)
    {
        IReadOnlyList<ServedModel> all = parts.Shelf.Models;
        if (name is null) return parts.Shelf.Find(null);
        string plain = name.EndsWith(Tag, StringComparison.Ordinal) ? name[..^Tag.Length] : name;
        string shown = name.Length > 100 ? name[..100] + "…" : name;
        return all.FirstOrDefault(model => model.Name == name) ?? all.FirstOrDefault(model => model.Name == plain)
            ?? throw new ApiException(404, $"model '{shown}' not found; there are {string.Join(", ", all.Select(NameOf))}");
    }

    /// <summary>A model's name as Ollama lists it.</summary>
    public static string NameOf(ServedModel model) => model.Name.Contains(':') ? model.Name : model.Name + Tag;

    /// <summary>Whether the text is given piece by piece.</summary>
    public static bool IsStream(RequestBody body) => !body.Has(s_stream) || body.Switch(s_stream);

    /// <summary>How the text is written.</summary>
    /// <exception cref="ApiException">A field makes no sense.</exception>
    public static GenerationOptions Options(RequestBody body, ServedModel model, ServerParts parts, int[] stops)
    {
        Refuse(body, s_refused);
        GenerationOptions options = WritingFields.Read(body.Within(s_options), model, [s_predict], parts.Options.MaxTokens);
        if (body.Element(s_format) is { } format) options = Formed(options, model, format);
        WritingFields.Check(model, options, stops);
        return options;
    }

    /// <summary>Refuses fields that ask for something.</summary>
    /// <exception cref="ApiException">One does.</exception>
    public static void Refuse(RequestBody body, IEnumerable<Field> fields)
    {
        foreach (Field field in fields)
        {
            if (body.Element(field) is { } value && Asks(value)) throw ApiException.Bad($"'{field.Name}' is {field.Help}", field.Name);
        }
    }

    /// <summary>Whether a value asks for anything at all.</summary>
    public static bool Asks(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.String => value.GetRawText().Length > 2,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        _ => true,
    };

    private static GenerationOptions Formed(GenerationOptions options, ServedModel model, JsonElement format)
    {
        string name = s_format.Name;
        if (format.ValueKind == JsonValueKind.Object)
        {
            return ResponseFormat.With(options, WritingFields.Schema(model, format, name), name);
        }

        return RequestBody.TextOf(format, name) switch
        {
            "" => options,
            "json" => ResponseFormat.With(options, ResponseFormat.AnyObject(model, name), name),
            _ => throw ApiException.Bad($"'{name}' is neither json nor a JSON schema", name),
        };
    }
}
