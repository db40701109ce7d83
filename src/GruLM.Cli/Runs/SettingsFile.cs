// training/settings.json: the settings a model was trained with, under the names of the flags, so that they can be read and reused
// with --config.

using System.Text.Json;
using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>Writes the settings of a run beside its model.</summary>
internal static class SettingsFile
{
    public const string Name = "settings.json";

    public static void Write(TrainSettings settings)
    {
        string folder = Checkpoint.TrainingFolder(settings.OutDir);
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, Name), stream =>
        {
            using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true })) WriteAll(json, settings);
            stream.WriteByte((byte)'\n');
        });
    }

    // Whole paths, so that eval finds the text from anywhere.
    private static string Full(string path) => path == CorpusFiles.StandardInput ? path : Path.GetFullPath(path);

    private static void WriteAll(Utf8JsonWriter json, TrainSettings s)
    {
        var (o, t) = (s.Options, s.Options.Training);
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (string file in s.Data) json.WriteStringValue(Full(file));
        json.WriteEndArray();
        if (s.Tokenizer is not null) json.WriteString("tokenizer", Full(s.Tokenizer));
        if (s.ValData is not null) json.WriteString("val-data", Full(s.ValData));
        json.WriteNumber("val-fraction", s.ValFraction);
        json.WriteNumber("vocab-size", o.VocabSize);
        json.WriteString("model-type", o.ModelType.ToString().ToLowerInvariant());
        json.WriteString("samples", o.Samples == SampleKind.Lines ? "lines" : "stream");
        json.WriteNumber("emb-dim", o.EmbeddingDim);
        json.WriteNumber("hidden-dim", o.HiddenDim);
        json.WriteNumber("num-layers", o.NumLayers);
        json.WriteNumber("dropout", o.Dropout);
        json.WriteBoolean("tie-weights", o.TieWeights);
        json.WriteNumber("epochs", t.Epochs);
        json.WriteNumber("max-steps", t.MaxSteps);
        json.WriteNumber("batch-size", t.BatchSize);
        json.WriteNumber("bptt", t.Bptt);
        json.WriteNumber("lr", t.LearningRate);
        json.WriteNumber("min-lr", t.MinLearningRate);
        json.WriteNumber("warmup-steps", t.WarmupSteps);
        json.WriteString("schedule", t.Schedule.ToString().ToLowerInvariant());
        json.WriteNumber("weight-decay", o.Optimizer.WeightDecay);
        json.WriteNumber("grad-clip", t.GradClip);
        json.WriteNumber("eval-interval", t.EvalInterval);
        json.WriteNumber("eval-tokens", t.EvalTokens);
        json.WriteNumber("log-interval", t.LogInterval);
        json.WriteNumber("save-interval", t.SaveInterval);
        json.WriteNumber("keep", t.Keep);
        json.WriteString("precision", s.Precision.ToString().ToLowerInvariant());
        json.WriteNumber("seed", t.Seed);
        json.WriteEndObject();
    }
}
