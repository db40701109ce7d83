// grulm eval: a model's figures on a text, or on the held-out part of what it was trained on.

using System.Diagnostics;
using System.Text.Json;
using GruLM.Corpus;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm eval</c> was told.</summary>
internal sealed record EvalSettings
{
    public required string Model { get; init; }

    public string? Data { get; init; }

    /// <summary>How the data are read.</summary>
    public DataForm Form { get; init; } = new();

    public int Window { get; init; }

    public SampleKind? Samples { get; init; }

    /// <summary>How the model adapts as it reads; null where it does not.</summary>
    public DynamicOptions? Dynamic { get; init; }

    /// <summary>Whether only answers count; null: as the model was trained.</summary>
    public bool? MaskPrompt { get; init; }

    public bool Json { get; init; }

    public int Threads { get; init; }
}

/// <summary>Runs <c>grulm eval</c>.</summary>
internal static class EvalRun
{
    public static int Run(EvalSettings settings, Stream input, TextWriter output, TextWriter messages, bool live, CancellationToken cancel)
    {
        (GruConfig? config, SampleKind trainedOn) = ModelFile.LoadConfig(settings.Model);
        SampleKind samples = settings.Window > 0 ? SampleKind.Stream : settings.Samples ?? trainedOn;
        if (settings.Dynamic is not null && samples == SampleKind.Lines)
        {
            throw new UsageException("--dynamic reads one stream, and this model was trained on lines; add --samples stream");
        }

        if (settings.MaskPrompt == true && samples != SampleKind.Lines)
        {
            throw new UsageException("--mask-prompt needs text that is read line by line: give --samples lines");
        }

        settings.Form.Check(settings.Data is null ? [] : [settings.Data]);
        CorpusText text = settings.Data is null
            ? RecordedText.Of(settings.Model, trainedOn).HeldOut(messages, cancel)
            : settings.Form.Read([settings.Data], input, messages, cancel).Text;
        using var compute = Compute.Create(settings.Threads);
        using var model = GruLanguageModel.Load(settings.Model, compute);
        var tokenizer = Tokenizer.Load(ModelFolder.TokenizerPath(settings.Model));
        if (tokenizer.VocabSize != config.VocabSize)
        {
            throw new InvalidDataException(
                $"{settings.Model}: the tokenizer has {tokenizer.VocabSize} pieces and the model {config.VocabSize}");
        }

        long start = Stopwatch.GetTimestamp();
        EvaluationResult result;
        EvaluationResult? dynamic = null;
        if (samples == SampleKind.Lines)
        {
            AnswerMask? mask = settings.MaskPrompt ?? TrainedOnAnswers(settings.Model) ? TokenizedText.AnswerMask(tokenizer) : null;
            HeldOutLines lines = TokenizedText.HeldOutLines(tokenizer, text, mask);
            if (mask is not null && lines.Lines.Count == 0)
            {
                throw new InvalidDataException(
                    $"the text has no sample with {new ChatTemplate().Ai}, so there is no answer to count; --no-mask-prompt counts everything");
            }

            result = Evaluation.Lines(model, lines, 0, Progress(lines.Tokens, messages, live), cancel);
        }
        else
        {
            HeldOutStream stream = TokenizedText.HeldOutStream(tokenizer, text);
            Action<long>? progress = Progress(stream.Tokens, messages, live);
            result = settings.Window > 0
                ? Evaluation.Windows(model, stream, settings.Window, progress, cancel)
                : Evaluation.Stream(model, stream, progress, cancel);
            if (settings.Dynamic is { } options)
            {
                dynamic = DynamicEvaluation.Stream(model.Parameters, compute, stream, options, progress, cancel);
            }
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (live) messages.Write("\r" + new string(' ', 40) + "\r");
        if (settings.Json)
        {
            WriteJson(result, dynamic, seconds, output);
        }
        else
        {
            output.WriteLine(
                $"{TrainingDisplay.Figures(result)}  ({result.Sums.Tokens:#,0} tokens, {result.Bytes:#,0} bytes, {seconds:0.0} s)");
            if (dynamic is { } adapted) output.WriteLine($"adapting as it reads: {TrainingDisplay.Figures(adapted)}");
        }

        return ExitCode.Done;
    }

    private static bool TrainedOnAnswers(string folder)
    {
        string path = SettingsFile.PathIn(folder);
        if (!File.Exists(path)) return false;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("mask-prompt", out JsonElement mask) && mask.ValueKind == JsonValueKind.True;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: damaged ({error.Message}); say --mask-prompt or --no-mask-prompt", error);
        }
    }

    private static Action<long>? Progress(long total, TextWriter messages, bool live)
    {
        if (!live) return null;
        long last = 0;
        return done =>
        {
            if (Stopwatch.GetElapsedTime(last).TotalSeconds < 0.2) return;
            last = Stopwatch.GetTimestamp();
            messages.Write($"\revaluating {100.0 * done / total:0}% ");
        };
    }

    // JSON has no infinity and no NaN; a model gone astray can give both.
    private static void Finite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void WriteJson(EvaluationResult result, EvaluationResult? dynamic, double seconds, TextWriter output)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("tokens", result.Sums.Tokens);
            json.WriteNumber("bytes", result.Bytes);
            Finite(json, "nll", result.Sums.MeanNll);
            Finite(json, "perplexity", result.Sums.Perplexity);
            Finite(json, "bits_per_byte", result.BitsPerByte);
            json.WriteNumber("token_accuracy", result.Sums.Accuracy);
            if (dynamic is { } adapted)
            {
                json.WriteBoolean("dynamic", true);
                Finite(json, "dynamic_nll", adapted.Sums.MeanNll);
                Finite(json, "dynamic_perplexity", adapted.Sums.Perplexity);
                Finite(json, "dynamic_bits_per_byte", adapted.BitsPerByte);
                json.WriteNumber("dynamic_token_accuracy", adapted.Sums.Accuracy);
            }

            json.WriteNumber("seconds", Math.Round(seconds, 3));
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}
