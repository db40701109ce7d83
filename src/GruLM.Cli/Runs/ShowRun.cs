// grulm show: what a model folder holds, as lines, as JSON, or as a page with the curves of its training. The page itself is
// Report/RunReport.cs.

using System.Globalization;
using System.Text;
using System.Text.Json;
using GruLM.Cli.Report;
using GruLM.Formats;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm show</c>.</summary>
internal static class ShowRun
{
    /// <summary>Describes a model on standard output or in a page, and returns the exit code.</summary>
    public static int Run(ShowSettings settings, Session session)
    {
        (string folder, bool json, string? html, bool overwrite) = settings;
        if (overwrite && html is null) throw new UsageException("--overwrite is for the file of --html, which is missing");
        if (html is not null && !overwrite && File.Exists(html))
        {
            throw new IOException($"{html}: exists already; choose another file for --html, or --overwrite to replace it");
        }

        if (html is not null && !File.Exists(Path.Combine(folder, ModelFile.ConfigName)) && File.Exists(new RunLayout(folder).Settings))
        {
            // A run that has come to no evaluation and no checkpoint yet can be watched all the same.
            WriteReport(html, folder, [("model", "none is saved yet")], session.Error);
            if (!json) return ExitCode.Done;
        }

        (GruParameters parameters, SampleKind samples) = ModelFile.Load(folder);
        using (parameters)
        {
            var tokenizer = Tokenizer.Load(Path.Combine(folder, ModelFolder.TokenizerName));
            var model = new ShownModel(folder, parameters, samples, tokenizer, Checkpoint.Find(new RunLayout(folder).Training));
            if (html is not null) WriteReport(html, folder, Facts(model), session.Error);
            if (json) WriteJson(model, session.Output);
            else if (html is null) WriteText(model, session.Output);
        }

        return ExitCode.Done;
    }

    private static void WriteReport(string html, string folder, List<(string Name, string Value)> facts, TextWriter messages)
    {
        AtomicFile.WriteAllText(html, RunReport.Write(folder, facts, RunHistory.Read(folder)));
        messages.WriteLine($"report in {html}");
    }

    private static List<(string Name, string Value)> Facts(ShownModel model)
    {
        GruParameters parameters = model.Parameters;
        GruConfig config = parameters.Config;
        string kilobytes = Number(parameters.Count * sizeof(float) / 1024);
        List<(string Name, string Value)> facts =
        [
            ("architecture", Architecture(config)),
            ("parameters", $"{Number(parameters.Count)} ({kilobytes} KB as float32)"),
            ("dropout", config.Dropout.ToString(CultureInfo.InvariantCulture)),
            ("trained on", model.Samples == SampleKind.Lines ? "lines" : "a stream"),
            ("tokenizer", Describe(model.Tokenizer)),
            ("kernels here", Kernels()),
        ];
        if (model.Checkpoints.Count > 0)
        {
            string names = string.Join(", ", model.Checkpoints.Select(checkpoint => Path.GetFileName(checkpoint.Folder)));
            facts.Add(("training", $"{Number(model.Checkpoints[0].Step)} steps; checkpoints: {names}"));
        }

        return facts;
    }

    private static string Architecture(GruConfig config)
    {
        string tying = config.TieWeights ? "tied to the embedding" : "untied";
        string extras = ModelWords.Extras(config);
        return $"embedding {config.EmbeddingDim} → GRU {config.NumLayers} x {config.HiddenDim} → "
            + $"output {Number(config.VocabSize)} ({tying}{extras})";
    }

    private static string Describe(Tokenizer tokenizer)
    {
        string kind = tokenizer.Model.ModelType.ToString().ToLowerInvariant();
        string ids = $"unk {tokenizer.UnkId}, bos {tokenizer.BosId}, eos {tokenizer.EosId}, pad {tokenizer.PadId}";
        return $"{kind}, {Number(tokenizer.VocabSize)} pieces ({ids})";
    }

    // The path and the precision that training would take here unless another is named, and what else there is.
    private static string Kernels()
    {
        string path = KernelChoice.Default().ToString().ToLowerInvariant();
        if (KernelChoice.UsesBf16(Precision.Auto)) return path + (AmxMachine.IsReal ? ", bf16 on AMX tiles" : ", bf16 on emulated tiles");
        return AmxMachine.IsAvailable ? $"{path}, fp32 (bf16 with --precision bf16)" : $"{path}, fp32 (no bf16: {AmxMachine.Reason})";
    }

    private static void WriteText(ShownModel model, StreamWriter output)
    {
        foreach ((string name, string value) in (List<(string, string)>)[("model", model.Folder), .. Facts(model)])
        {
            output.WriteLine($"{name,-14}{value}");
        }

        output.WriteLine();
        foreach (ParameterView view in model.Parameters.Views)
        {
            string shape = string.Join(", ", view.Shape);
            output.WriteLine($"  {view.Name,-24}[{shape}]");
        }
    }

    // Not as one line, unlike other commands' JSON: this is read by people, too.
    private static void WriteJson(ShownModel model, StreamWriter output)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            WriteFields(json, model);
            json.WriteStartObject("tensors");
            foreach (ParameterView view in model.Parameters.Views)
            {
                json.WriteStartArray(view.Name);
                foreach (long n in view.Shape) json.WriteNumberValue(n);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void WriteFields(Utf8JsonWriter json, ShownModel model)
    {
        GruConfig config = model.Parameters.Config;
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
        json.WriteNumber("parameters", model.Parameters.Count);
        json.WriteString("tokenizer_type", model.Tokenizer.Model.ModelType.ToString().ToLowerInvariant());
        json.WriteString("kernels", KernelChoice.Default().ToString().ToLowerInvariant());
        json.WriteString("precision", KernelChoice.UsesBf16(Precision.Auto) ? "bf16" : "fp32");
        if (model.Checkpoints.Count > 0) json.WriteNumber("steps", model.Checkpoints[0].Step);
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private sealed record ShownModel(
        string Folder, GruParameters Parameters, SampleKind Samples, Tokenizer Tokenizer,
        IReadOnlyList<(long Step, string Folder)> Checkpoints);
}
