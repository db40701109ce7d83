// training/settings.json: the settings a model was trained with, under the names of the flags, so that they can be read, reused with
// --config and continued with --resume. What a flag left open stands here as it was decided, so that it is decided once.

using System.Text.Json;
using GruLM.Corpus;
using GruLM.Formats;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>Writes the settings of a run beside its model.</summary>
internal static class SettingsFile
{
    private const string Name = "settings.json";

    /// <summary>The settings that are paths. The file has them whole, since --resume and eval may be called from anywhere; a report that
    /// is handed on shows names alone.</summary>
    public static IReadOnlyList<string> Paths { get; } = ["data", "val-data", "tokenizer", "init-from"];

    public static string PathIn(string modelFolder) => Path.Combine(Checkpoint.TrainingFolder(modelFolder), Name);

    /// <summary>Writes the settings; <paramref name="bf16"/> is the precision that was chosen.</summary>
    public static void Write(TrainSettings settings, bool bf16)
    {
        Directory.CreateDirectory(Checkpoint.TrainingFolder(settings.OutDir));
        AtomicFile.Write(PathIn(settings.OutDir), stream =>
        {
            using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            {
                WriteAll(json, settings, bf16);
            }

            stream.WriteByte((byte)'\n');
        });
    }

    // A whole path stays as it was given.
    private static string FullPath(string path) =>
        path == CorpusFiles.StandardInput || Path.IsPathFullyQualified(path) ? path : Path.GetFullPath(path);

    // The page of show --html lists the settings in this order.
    private static void WriteAll(Utf8JsonWriter json, TrainSettings settings, bool bf16)
    {
        TextTrainingOptions options = settings.Options;
        json.WriteStartObject();
        WriteTexts(json, settings);
        WriteModel(json, options);
        json.WriteString("samples", options.Samples == SampleKind.Lines ? "lines" : "stream");
        if (options.MaskPrompt) json.WriteBoolean("mask-prompt", true);
        WriteDropout(json, options.Dropout, options.Regularisation);
        WriteLength(json, settings);
        WriteBatches(json, options.Training);
        WriteSchedule(json, options.Training);
        WriteOptimizer(json, options.Optimizer);
        json.WriteNumber("grad-clip", options.Training.GradClip);
        WriteProgress(json, settings);
        json.WriteString("precision", bf16 ? "bf16" : "fp32");
        json.WriteNumber("seed", options.Training.Seed);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, TrainSettings settings)
    {
        json.WriteStartArray("data");
        foreach (string file in settings.Data) json.WriteStringValue(FullPath(file));
        json.WriteEndArray();
        if (settings.Tokenizer is not null) json.WriteString("tokenizer", FullPath(settings.Tokenizer));
        if (settings.ValData is not null) json.WriteString("val-data", FullPath(settings.ValData));
        json.WriteNumber("val-fraction", settings.ValFraction);
        settings.Form.Write(json);
    }

    private static void WriteModel(Utf8JsonWriter json, TextTrainingOptions options)
    {
        if (options.InitFrom is not null)
        {
            json.WriteString("init-from", FullPath(options.InitFrom));
            return;
        }

        // A vocabulary that may grow was not asked for by its size.
        if (!options.GrowVocabulary) json.WriteNumber("vocab-size", options.VocabSize);
        json.WriteString("model-type", options.ModelType.ToString().ToLowerInvariant());
        json.WriteNumber("emb-dim", options.EmbeddingDim);
        json.WriteNumber("hidden-dim", options.HiddenDim);
        json.WriteNumber("num-layers", options.NumLayers);
        json.WriteBoolean("tie-weights", options.TieWeights);
        json.WriteBoolean("layer-norm", options.LayerNorm);
        json.WriteBoolean("residual", options.Residual);
    }

    private static void WriteDropout(Utf8JsonWriter json, double dropout, Regularisation regularisation)
    {
        json.WriteNumber("dropout", dropout);
        json.WriteBoolean("locked-dropout", regularisation.LockedDropout);
        json.WriteNumber("input-dropout", regularisation.InputDropout);
        json.WriteNumber("output-dropout", regularisation.OutputDropout);
        json.WriteNumber("embedding-dropout", regularisation.EmbeddingDropout);
        json.WriteNumber("recurrent-dropout", regularisation.RecurrentDropout);
        json.WriteNumber("ar", regularisation.ActivationPenalty);
        json.WriteNumber("tar", regularisation.SlownessPenalty);
    }

    private static void WriteLength(Utf8JsonWriter json, TrainSettings settings)
    {
        TrainingOptions loop = settings.Options.Training;
        if (settings.Minutes > 0) json.WriteNumber("minutes", settings.Minutes);

        // How many they are to be is still open where the time is to decide it.
        if (settings.Minutes == 0 || settings.EpochsGiven) json.WriteNumber("epochs", loop.Epochs);
        json.WriteNumber("max-steps", loop.MaxSteps);
        if (loop.Plan.Count > 0) json.WriteString("step-plan", StepPlan.Text(loop.Plan));
    }

    private static void WriteBatches(Utf8JsonWriter json, TrainingOptions loop)
    {
        json.WriteNumber("batch-size", loop.BatchSize);
        json.WriteNumber("grad-accum", loop.GradAccum);
        json.WriteNumber("bptt", loop.Bptt);
        json.WriteBoolean("random-bptt", loop.RandomBptt);
        json.WriteNumber("fresh-every", loop.FreshEvery);
    }

    private static void WriteSchedule(Utf8JsonWriter json, TrainingOptions loop)
    {
        json.WriteNumber("lr", loop.LearningRate);
        json.WriteNumber("min-lr", loop.MinLearningRate);
        json.WriteNumber("warmup-steps", loop.WarmupSteps);
        json.WriteString("schedule", loop.Schedule.ToString().ToLowerInvariant());
        if (loop.Schedule != ScheduleKind.Plateau) return;
        json.WriteNumber("plateau-patience", loop.PlateauPatience);
        json.WriteNumber("plateau-factor", loop.PlateauFactor);
    }

    private static void WriteOptimizer(Utf8JsonWriter json, OptimizerOptions optimizer)
    {
        json.WriteString("optimizer", optimizer.Name);
        if (optimizer is SgdOptions sgd) json.WriteNumber("momentum", sgd.Momentum);
        if (optimizer is MuonOptions muon)
        {
            json.WriteNumber("momentum", muon.Momentum);
            json.WriteNumber("muon-lr-factor", muon.RateFactor);
            json.WriteNumber("muon-every", muon.Every);
        }

        if (optimizer is AdamWOptions adam) json.WriteNumber("beta2", adam.Beta2);
        json.WriteNumber("weight-decay", optimizer.WeightDecay);
        json.WriteNumber("ema", optimizer.AverageDecay);
    }

    private static void WriteProgress(Utf8JsonWriter json, TrainSettings settings)
    {
        TrainingOptions loop = settings.Options.Training;
        json.WriteNumber("eval-interval", loop.EvalInterval);
        json.WriteNumber("eval-tokens", loop.EvalTokens);
        json.WriteNumber("patience", loop.Patience);
        json.WriteNumber("sample-every", loop.SampleEvery);
        if (settings.SamplePrompt is not null) json.WriteString("sample-prompt", settings.SamplePrompt);
        json.WriteNumber("log-interval", loop.LogInterval);
        json.WriteNumber("save-interval", loop.SaveInterval);
        json.WriteNumber("keep", loop.Keep);
    }
}
