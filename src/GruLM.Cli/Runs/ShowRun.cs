// grulm show: what a model folder holds, or two of them side by side, as lines, as JSON, or as a page with the curves of the training. What
// there is to tell, and the page, come from the library (GruLM/Report).

using System.Text;
using System.Text.Json;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Report;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm show</c>.</summary>
internal static class ShowRun
{
    private const int NameWidth = 14;
    private const int SpaceBetweenColumns = 3;

    /// <summary>Describes one or two models on standard output or in a page, and returns the exit code.</summary>
    public static int Run(ShowSettings settings, Session session)
    {
        (string folder, string? other, bool json, string? html, bool overwrite) = settings;
        if (overwrite && html is null) throw new UsageException("--overwrite is for the file of --html, which is missing");
        if (html is not null && !overwrite && File.Exists(html))
        {
            throw new IOException($"{html}: exists already; choose another file for --html, or --overwrite to replace it");
        }

        if (html is not null)
        {
            if (other is null) RunReport.Write(folder, html);
            else RunReport.WriteComparison(folder, other, html);
            session.Error.WriteLine($"report in {html}");
            if (!json) return ExitCode.Done;
        }

        var model = ModelDescription.Read(folder);
        ModelDescription? second = other is null ? null : ModelDescription.Read(other);
        if (json) WriteJson(model, second, session.Output);
        else if (second is null) WriteText(model, session.Output);
        else WriteColumns(Facts(model), Facts(second), session.Output);
        return ExitCode.Done;
    }

    private static List<(string Name, string Value)> Facts(ModelDescription model) =>
        [("model", model.Folder), .. model.Facts().Select(fact => (fact.Name, WithFlags(fact.Value)))];

    // The library names the property.
    private static string WithFlags(string value) => value.Replace("'Precision = Bf16'", "--precision bf16", StringComparison.Ordinal);

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
        if (model.Checkpoints.Count > 0) json.WriteNumber("steps", model.Checkpoints[0].Step);
    }
}
