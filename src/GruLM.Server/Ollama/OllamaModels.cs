// GET /api/version, /api/tags and /api/ps, POST /api/show: the models, as Ollama's clients list them.

using System.Globalization;
using System.Text.Json;
using GruLM.Generation;
using GruLM.Model;
using Microsoft.AspNetCore.Http;

namespace GruLM.Server;

/// <summary>Lists models. Safe for several threads.</summary>
internal sealed class OllamaModels(ServerParts parts)
{
    private const string Family = "gru";

    // All models stay in memory as long as the server is there, which clients show as forever.
    private static readonly DateTime s_never = new(3000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly Field s_name = new("name", FieldKind.Text, "an older name of 'model'");

    /// <summary>The fields of a request for one.</summary>
    public static readonly Field[] Fields =
        [ModelShelf.Field, s_name, .. new[] { "verbose", "system", "template", "options" }.Select(Field.Ignored), OllamaRequest.Headers];

    /// <summary>Answers with the server's version.</summary>
    public static Task HandleVersion(HttpContext http) => JsonAnswer.Write(http.Response, json =>
    {
        json.WriteStartObject();
        json.WriteString("version", ServerVersion.Text);
        json.WriteEndObject();
    });

    /// <summary>Answers with all models.</summary>
    public Task HandleAll(HttpContext http) => List(http, (json, model) => json.WriteString("modified_at", model.Made));

    /// <summary>Answers with the models that are in memory: all of them.</summary>
    public Task HandleLoaded(HttpContext http) => List(http, (json, model) =>
    {
        json.WriteString("expires_at", s_never);
        json.WriteNumber("size_vram", 0);
    });

    /// <summary>Answers with one model.</summary>
    public async Task HandleOne(HttpContext http)
    {
        using RequestBody body = await RequestBody.Read(http.Request, Fields, http.RequestAborted).ConfigureAwait(false);
        ServedModel model = OllamaRequest.ModelOf(body.Text(ModelShelf.Field) ?? body.Text(s_name), parts);
        await JsonAnswer.Write(http.Response, json => WriteShown(json, model)).ConfigureAwait(false);
    }

    private Task List(HttpContext http, Action<Utf8JsonWriter, ServedModel> writeMore) => JsonAnswer.Write(http.Response, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (ServedModel model in parts.Shelf.Models)
        {
            string name = OllamaRequest.NameOf(model);
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("model", name);
            json.WriteNumber("size", SizeOf(model));
            json.WriteString("digest", model.Model.Fingerprint);
            WriteDetails(json, model);
            writeMore(json, model);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteShown(Utf8JsonWriter json, ServedModel model)
    {
        json.WriteStartObject();
        json.WriteString("modelfile", $"FROM {model.Name}\nTEMPLATE \"\"\"{TemplateOf(model)}\"\"\"\n");
        json.WriteString("parameters", ParametersOf(model));
        json.WriteString("template", TemplateOf(model));
        WriteDetails(json, model);
        WriteInfo(json, model.Model);
        json.WriteStartArray("capabilities");
        json.WriteStringValue("completion");
        json.WriteEndArray();
        json.WriteString("modified_at", model.Made);
        json.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter json, ServedModel model)
    {
        json.WriteStartObject("details");
        json.WriteString("parent_model", "");
        json.WriteString("format", "safetensors");
        json.WriteString("family", Family);
        json.WriteStartArray("families");
        json.WriteStringValue(Family);
        json.WriteEndArray();
        json.WriteString("parameter_size", Shortened(model.Model.ParameterCount));
        json.WriteString("quantization_level", model.Model.WeightsOfTexts == WeightFormat.Int8 ? "int8" : "F32");
        json.WriteEndObject();
    }

    private static void WriteInfo(Utf8JsonWriter json, LanguageModel model)
    {
        json.WriteStartObject("model_info");
        json.WriteString("general.architecture", Family);
        json.WriteNumber("general.parameter_count", model.ParameterCount);
        json.WriteNumber("gru.block_count", model.Config.NumLayers);
        json.WriteNumber("gru.embedding_length", model.Config.EmbeddingDim);
        json.WriteNumber("gru.hidden_length", model.Config.HiddenDim);
        json.WriteNumber("gru.vocab_size", model.Config.VocabSize);
        json.WriteString("tokenizer.ggml.model", "sentencepiece");
        json.WriteEndObject();
    }

    // In Ollama's language of templates: the markers of a talk, or the prompt alone.
    private static string TemplateOf(ServedModel model)
    {
        ChatTemplate chat = model.Model.Defaults.Chat;
        const string said = "{{ if .System }}{{ .System }} {{ end }}{{ .Prompt }}";
        return chat.IsTrained == true ? $"{chat.Prompt} {said} {chat.Ai} " : "{{ if .System }}{{ .System }}\n{{ end }}{{ .Prompt }}";
    }

    private static string ParametersOf(ServedModel model)
    {
        SamplingOptions own = model.Model.Defaults.ToSampling();
        (string Name, double Value)[] all =
            [("temperature", own.Temperature), ("top_k", own.TopK), ("top_p", own.TopP), ("min_p", own.MinP)];
        return string.Join('\n', all.Select(each => $"{each.Name,-30} {each.Value.ToString(CultureInfo.InvariantCulture)}"));
    }

    private static string Shortened(long count) => count switch
    {
        >= 1_000_000_000 => FormattableString.Invariant($"{count / 1e9:0.#}B"),
        >= 1_000_000 => FormattableString.Invariant($"{count / 1e6:0.#}M"),
        _ => FormattableString.Invariant($"{count / 1e3:0.#}K"),
    };

    // Of the files; where they lie in no folder, of the numbers that were learned.
    private static long SizeOf(ServedModel model) => model.Model.Folder.Length == 0
        ? sizeof(float) * model.Model.ParameterCount
        : new[] { ModelFile.WeightsName, ModelFolder.TokenizerName }
            .Select(name => new FileInfo(Path.Combine(model.Model.Folder, name))).Where(file => file.Exists).Sum(file => file.Length);
}
