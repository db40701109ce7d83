// grulm show: what a model folder holds, as lines, as JSON, or as a page with the curves of its training.

using System.Globalization;
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
    /// <summary>Describes the model in <paramref name="folder"/> on <paramref name="output"/> or, with <paramref name="html"/>, in a page
    /// of that name.</summary>
    public static int Run(string folder, bool json, string? html, bool overwrite, TextWriter output, TextWriter messages)
    {
        if (overwrite && html is null) throw new UsageException("--overwrite is for the file of --html, which is missing");
        if (html is not null && !overwrite && File.Exists(html))
        {
            throw new IOException($"{html}: exists already; choose another file for --html, or --overwrite to replace it");
        }

        if (html is not null && !File.Exists(Path.Combine(folder, ModelFile.ConfigName)) && File.Exists(SettingsFile.PathIn(folder)))
        {
            // A run that has come to no evaluation and no checkpoint yet can be watched all the same.
            WriteReport(html, folder, [("model", "none is saved yet")], messages);
            if (!json) return ExitCode.Done;
        }

        (GruParameters? parameters, SampleKind samples) = ModelFile.Load(folder);
        using (parameters)
        {
            var tokenizer = Tokenizer.Load(Path.Combine(folder, ModelFolder.TokenizerName));
            IReadOnlyList<(long Step, string Folder)> checkpoints = Checkpoint.Find(folder);
            if (html is not null) WriteReport(html, folder, Facts(parameters, samples, tokenizer, checkpoints), messages);
            if (json) WriteJson(folder, parameters, samples, tokenizer, checkpoints, output);
            else if (html is null) WriteText(folder, parameters, samples, tokenizer, checkpoints, output);
        }

        return ExitCode.Done;
    }

    private static void WriteReport(string html, string folder, List<(string Name, string Value)> facts, TextWriter messages)
    {
        AtomicFile.WriteAllText(html, RunReport.Write(folder, facts, RunHistory.Read(folder)));
        messages.WriteLine($"report in {html}");
    }

    private static List<(string Name, string Value)> Facts(GruParameters parameters, SampleKind samples, Tokenizer tokenizer,
        IReadOnlyList<(long Step, string Folder)> checkpoints)
    {
        GruConfig c = parameters.Config;
        string N(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);
        List<(string Name, string Value)> facts =
        [
            ("architecture",
            $"embedding {c.EmbeddingDim} → GRU {c.NumLayers} x {c.HiddenDim} → output {N(c.VocabSize)} ({(c.TieWeights ? "tied to the embedding" : "untied")}{(c.LayerNorm ? ", layer-normalised" : "")}{(c.Residual ? ", residual" : "")})"),
            ("parameters", $"{N(parameters.Count)} ({N(parameters.Count * sizeof(float) / 1024)} KB as float32)"),
            ("dropout", c.Dropout.ToString(CultureInfo.InvariantCulture)),
            ("trained on", samples == SampleKind.Lines ? "lines" : "a stream"),
            ("tokenizer",
            $"{tokenizer.Model.ModelType.ToString().ToLowerInvariant()}, {N(tokenizer.VocabSize)} pieces (unk {tokenizer.UnkId}, bos {tokenizer.BosId}, eos {tokenizer.EosId}, pad {tokenizer.PadId})"),
            ("kernels here",
            $"{KernelChoice.Default().ToString().ToLowerInvariant()}, {(KernelChoice.UsesBf16(Precision.Auto) ? "training in bf16 on AMX tiles" : $"fp32 (no bf16: {AmxMachine.Reason})")}"),
        ];
        if (checkpoints.Count > 0)
        {
            facts.Add(
                ("training",
                $"{N(checkpoints[0].Step)} steps; checkpoints: {string.Join(", ", checkpoints.Select(x => Path.GetFileName(x.Folder)))}"));
        }

        return facts;
    }

    private static void WriteText(string folder, GruParameters parameters, SampleKind samples, Tokenizer tokenizer,
        IReadOnlyList<(long Step, string Folder)> checkpoints, TextWriter output)
    {
        foreach ((string? name, string? value) in (List<(string, string)>)[("model", folder),
            .. Facts(parameters, samples, tokenizer, checkpoints)])
        {
            output.WriteLine($"{name,-14}{value}");
        }

        output.WriteLine();
        foreach (ParameterView view in parameters.Views) output.WriteLine($"  {view.Name,-24}[{string.Join(", ", view.Shape)}]");
    }

    private static void WriteJson(string folder, GruParameters parameters, SampleKind samples, Tokenizer tokenizer,
        IReadOnlyList<(long Step, string Folder)> checkpoints, TextWriter output)
    {
        GruConfig c = parameters.Config;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("model", folder);
            json.WriteNumber("vocab_size", c.VocabSize);
            json.WriteNumber("embedding_dim", c.EmbeddingDim);
            json.WriteNumber("hidden_dim", c.HiddenDim);
            json.WriteNumber("num_layers", c.NumLayers);
            json.WriteNumber("dropout", c.Dropout);
            json.WriteBoolean("tie_weights", c.TieWeights);
            json.WriteBoolean("layer_norm", c.LayerNorm);
            json.WriteBoolean("residual", c.Residual);
            json.WriteString("samples", samples == SampleKind.Lines ? "lines" : "stream");
            json.WriteNumber("parameters", parameters.Count);
            json.WriteString("tokenizer_type", tokenizer.Model.ModelType.ToString().ToLowerInvariant());
            json.WriteString("kernels", KernelChoice.Default().ToString().ToLowerInvariant());
            json.WriteString("precision", KernelChoice.UsesBf16(Precision.Auto) ? "bf16" : "fp32");
            if (checkpoints.Count > 0) json.WriteNumber("steps", checkpoints[0].Step);
            json.WriteStartObject("tensors");
            foreach (ParameterView view in parameters.Views)
            {
                json.WriteStartArray(view.Name);
                foreach (long n in view.Shape) json.WriteNumberValue(n);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}
