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
    public const string Name = "settings.json";

    public static string PathIn(string modelFolder) => Path.Combine(Checkpoint.TrainingFolder(modelFolder), Name);

    /// <summary>Writes the settings; <paramref name="bf16"/> is the precision that was chosen.</summary>
    public static void Write(TrainSettings settings, bool bf16)
    {
        Directory.CreateDirectory(Checkpoint.TrainingFolder(settings.OutDir));
        AtomicFile.Write(PathIn(settings.OutDir), stream =>
        {
            using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true })) WriteAll(json, settings, bf16);
            stream.WriteByte((byte)'\n');
        });
    }

    /// <summary>The settings that are paths. Here they stand whole, since --resume and eval may be called from anywhere; a report that is
    /// handed on shows names alone.</summary>
    public static IReadOnlyList<string> Paths { get; } = ["data", "val-data", "tokenizer", "init-from"];

    // A whole path stays as it was given.
    private static string Full(string path) => path == CorpusFiles.StandardInput || Path.IsPathFullyQualified(path)
        ? path
        : Path.GetFullPath(path);

    private static void WriteAll(Utf8JsonWriter json, TrainSettings s, bool bf16)
    {
        (TextTrainingOptions? o, TrainingOptions? t) = (s.Options, s.Options.Training);
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (string file in s.Data) json.WriteStringValue(Full(file));
        json.WriteEndArray();
        if (s.Tokenizer is not null) json.WriteString("tokenizer", Full(s.Tokenizer));
        if (s.ValData is not null) json.WriteString("val-data", Full(s.ValData));
        json.WriteNumber("val-fraction", s.ValFraction);
        s.Form.Write(json);
        if (o.InitFrom is not null)
        {
            json.WriteString("init-from", Full(o.InitFrom));
        }
        else
        {
            // A vocabulary that may grow was not asked for by its size.
            if (!o.GrowVocabulary) json.WriteNumber("vocab-size", o.VocabSize);
            json.WriteString("model-type", o.ModelType.ToString().ToLowerInvariant());
            json.WriteNumber("emb-dim", o.EmbeddingDim);
            json.WriteNumber("hidden-dim", o.HiddenDim);
            json.WriteNumber("num-layers", o.NumLayers);
            json.WriteBoolean("tie-weights", o.TieWeights);
            json.WriteBoolean("layer-norm", o.LayerNorm);
            json.WriteBoolean("residual", o.Residual);
        }

        json.WriteString("samples", o.Samples == SampleKind.Lines ? "lines" : "stream");
        if (o.MaskPrompt) json.WriteBoolean("mask-prompt", true);
        json.WriteNumber("dropout", o.Dropout);
        json.WriteBoolean("locked-dropout", o.Regularisation.LockedDropout);
        json.WriteNumber("input-dropout", o.Regularisation.InputDropout);
        json.WriteNumber("output-dropout", o.Regularisation.OutputDropout);
        json.WriteNumber("embedding-dropout", o.Regularisation.EmbeddingDropout);
        json.WriteNumber("recurrent-dropout", o.Regularisation.RecurrentDropout);
        json.WriteNumber("ar", o.Regularisation.ActivationPenalty);
        json.WriteNumber("tar", o.Regularisation.SlownessPenalty);
        if (s.Minutes > 0) json.WriteNumber("minutes", s.Minutes);

        // How many they are to be is not said yet where the time is to decide it.
        if (s.Minutes == 0 || s.EpochsGiven) json.WriteNumber("epochs", t.Epochs);
        json.WriteNumber("max-steps", t.MaxSteps);
        if (t.Plan.Count > 0) json.WriteString("step-plan", StepPlan.Text(t.Plan));
        json.WriteNumber("batch-size", t.BatchSize);
        json.WriteNumber("grad-accum", t.GradAccum);
        json.WriteNumber("bptt", t.Bptt);
        json.WriteBoolean("random-bptt", t.RandomBptt);
        json.WriteNumber("fresh-every", t.FreshEvery);
        json.WriteNumber("lr", t.LearningRate);
        json.WriteNumber("min-lr", t.MinLearningRate);
        json.WriteNumber("warmup-steps", t.WarmupSteps);
        json.WriteString("schedule", t.Schedule.ToString().ToLowerInvariant());
        if (t.Schedule == ScheduleKind.Plateau)
        {
            json.WriteNumber("plateau-patience", t.PlateauPatience);
            json.WriteNumber("plateau-factor", t.PlateauFactor);
        }

        json.WriteString("optimizer", o.Optimizer.Name);
        if (o.Optimizer is SgdOptions sgd) json.WriteNumber("momentum", sgd.Momentum);
        if (o.Optimizer is MuonOptions muon)
        {
            json.WriteNumber("momentum", muon.Momentum);
            json.WriteNumber("muon-lr-factor", muon.RateFactor);
            json.WriteNumber("muon-every", muon.Every);
        }

        if (o.Optimizer is AdamWOptions adam) json.WriteNumber("beta2", adam.Beta2);
        json.WriteNumber("weight-decay", o.Optimizer.WeightDecay);
        json.WriteNumber("ema", o.Optimizer.AverageDecay);
        json.WriteNumber("grad-clip", t.GradClip);
        json.WriteNumber("eval-interval", t.EvalInterval);
        json.WriteNumber("eval-tokens", t.EvalTokens);
        json.WriteNumber("patience", t.Patience);
        json.WriteNumber("sample-every", t.SampleEvery);
        if (s.SamplePrompt is not null) json.WriteString("sample-prompt", s.SamplePrompt);
        json.WriteNumber("log-interval", t.LogInterval);
        json.WriteNumber("save-interval", t.SaveInterval);
        json.WriteNumber("keep", t.Keep);
        json.WriteString("precision", bf16 ? "bf16" : "fp32");
        json.WriteNumber("seed", t.Seed);
        json.WriteEndObject();
    }
}
