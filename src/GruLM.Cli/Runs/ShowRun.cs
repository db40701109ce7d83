// grulm show: what a model folder holds.

using System.Globalization;
using System.Text.Json;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm show</c>.</summary>
internal static class ShowRun
{
    public static int Run(string folder, bool json, TextWriter output)
    {
        var (parameters, samples) = ModelFile.Load(folder);
        using (parameters)
        {
            var tokenizer = Tokenizer.Load(Path.Combine(folder, ModelFolder.TokenizerName));
            var checkpoints = Checkpoint.Find(folder);
            if (json) WriteJson(folder, parameters, samples, tokenizer, checkpoints, output);
            else WriteText(folder, parameters, samples, tokenizer, checkpoints, output);
        }

        return ExitCode.Done;
    }

    private static void WriteText(string folder, GruParameters parameters, SampleKind samples, Tokenizer tokenizer, IReadOnlyList<(long Step, string Folder)> checkpoints, TextWriter output)
    {
        var c = parameters.Config;
        void Line(string name, string value) => output.WriteLine($"{name,-14}{value}");
        string N(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);
        Line("model", folder);
        Line("architecture", $"embedding {c.EmbeddingDim} → GRU {c.NumLayers} x {c.HiddenDim} → output {N(c.VocabSize)} ({(c.TieWeights ? "tied to the embedding" : "untied")})");
        Line("parameters", $"{N(parameters.Count)} ({N(parameters.Count * sizeof(float) / 1024)} KB as float32)");
        Line("dropout", c.Dropout.ToString(CultureInfo.InvariantCulture));
        Line("trained on", samples == SampleKind.Lines ? "lines" : "a stream");
        Line("tokenizer", $"{tokenizer.Model.ModelType.ToString().ToLowerInvariant()}, {N(tokenizer.VocabSize)} pieces (unk {tokenizer.UnkId}, bos {tokenizer.BosId}, eos {tokenizer.EosId}, pad {tokenizer.PadId})");
        Line("kernels here", $"{KernelChoice.Default().ToString().ToLowerInvariant()}, {(KernelChoice.UsesBf16(Precision.Auto) ? "training in bf16 on AMX tiles" : $"fp32 (no bf16: {AmxMachine.Reason})")}");
        if (checkpoints.Count > 0) Line("training", $"{N(checkpoints[0].Step)} steps; checkpoints: {string.Join(", ", checkpoints.Select(x => Path.GetFileName(x.Folder)))}");
        output.WriteLine();
        foreach (var view in parameters.Views) output.WriteLine($"  {view.Name,-24}[{string.Join(", ", view.Shape)}]");
    }

    private static void WriteJson(string folder, GruParameters parameters, SampleKind samples, Tokenizer tokenizer, IReadOnlyList<(long Step, string Folder)> checkpoints, TextWriter output)
    {
        var c = parameters.Config;
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
            json.WriteString("samples", samples == SampleKind.Lines ? "lines" : "stream");
            json.WriteNumber("parameters", parameters.Count);
            json.WriteString("tokenizer_type", tokenizer.Model.ModelType.ToString().ToLowerInvariant());
            json.WriteString("kernels", KernelChoice.Default().ToString().ToLowerInvariant());
            json.WriteString("precision", KernelChoice.UsesBf16(Precision.Auto) ? "bf16" : "fp32");
            if (checkpoints.Count > 0) json.WriteNumber("steps", checkpoints[0].Step);
            json.WriteStartObject("tensors");
            foreach (var view in parameters.Views)
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
