// What one or two models are, as lines, as columns and as JSON.

using System.Text;
using System.Text.Json;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Report;

namespace GruLM.Cli.Commands;

/// <summary>Shows models.</summary>
internal static class ModelListing
{
    private const int NameWidth = 14;
    private const int SpaceBetweenColumns = 3;

    /// <summary>Describes the model in a folder, and the one in <paramref name="other"/> beside it where that is not null.</summary>
    public static void Write(string folder, string? other, bool json, StreamWriter output)
    {
        var model = ModelDescription.Read(folder);
        ModelDescription? second = other is null ? null : ModelDescription.Read(other);
        if (json) WriteJson(model, second, output);
        else if (second is null) WriteText(model, output);
        else WriteColumns(Facts(model), Facts(second), output);
    }

    private static List<(string Name, string Value)> Facts(ModelDescription model) =>
        [("model", model.Folder), .. model.Facts().Select(fact => (fact.Name, SettingWords.ToFlags(fact.Value)))];

    private static void WriteText(ModelDescription model, StreamWriter output)
    {
        foreach ((string name, string value) in Facts(model))
        {
            output.WriteLine(name.PadRight(NameWidth) + value);
        }

        output.WriteLine();
        foreach (ParameterView view in model.Tensors)
        {
            string shape = string.Join(", ", view.Shape);
            output.WriteLine($"  {view.Name,-24}[{shape}]");
        }
    }

    private static void WriteColumns(
        List<(string Name, string Value)> first, List<(string Name, string Value)> second, StreamWriter output)
    {
        int width = first.Max(fact => fact.Value.Length) + SpaceBetweenColumns;
        foreach (string name in first.Concat(second).Select(fact => fact.Name).Distinct())
        {
            output.WriteLine(name.PadRight(NameWidth) + ValueOf(first, name).PadRight(width) + ValueOf(second, name));
        }

        static string ValueOf(List<(string Name, string Value)> facts, string name) =>
            facts.Where(fact => fact.Name == name).Select(fact => fact.Value).FirstOrDefault("-");
    }

    // Not as one line, unlike other commands' JSON: this is read by people, too.
    private static void WriteJson(ModelDescription model, ModelDescription? second, StreamWriter output)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            if (second is null)
            {
                WriteObject(json, model);
            }
            else
            {
                json.WriteStartObject();
                json.WriteStartArray("models");
                WriteObject(json, model);
                WriteObject(json, second);
                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void WriteObject(Utf8JsonWriter json, ModelDescription model)
    {
        json.WriteStartObject();
        WriteFields(json, model);
        json.WriteStartObject("tensors");
        foreach (ParameterView view in model.Tensors)
        {
            json.WriteStartArray(view.Name);
            foreach (long n in view.Shape) json.WriteNumberValue(n);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, ModelDescription model)
    {
        GruConfig config = model.Config;
        json.WriteString("model", model.Folder);
        json.WriteNumber("vocab_size", config.VocabSize);
        json.WriteNumber("embedding_dim", config.EmbeddingDim);
        json.WriteNumber("hidden_dim", config.HiddenDim);
        json.WriteNumber("num_layers", config.NumLayers);
        json.WriteNumber("dropout", config.Dropout);
        json.WriteBoolean("tie_weights", config.TieWeights);
        json.WriteBoolean("layer_norm", config.LayerNorm);
        json.WriteBoolean("residual", config.Residual);
        json.WriteString("samples", model.Samples == SampleKind.Lines ? "lines" : "stream");
        json.WriteNumber("parameters", model.ParameterCount);
        json.WriteString("tokenizer_type", model.Tokenizer.Model.ModelType.ToString().ToLowerInvariant());
        json.WriteString("kernels", KernelChoice.Default().ToString().ToLowerInvariant());
        json.WriteString("precision", KernelChoice.UsesBf16(Precision.Auto) ? "bf16" : "fp32");
        if (model.Device is not null) json.WriteString("begun_on", model.Device);
        if (model.Checkpoints.Count > 0) json.WriteNumber("steps", model.Checkpoints[0].Step);
    }
}
