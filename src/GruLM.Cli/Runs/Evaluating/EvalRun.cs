// grulm eval: a model's figures on a text, or on the held-out part of what it was trained on.

using System.Diagnostics;
using System.Text.Json;
using GruLM.Cli.Pipes;
using GruLM.Corpus;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm eval</c>.</summary>
internal sealed class EvalRun
{
    private const double SecondsBetweenReports = 0.2;

    private readonly EvalSettings _settings;
    private readonly Session _session;

    private EvalRun(EvalSettings settings, Session session) => (_settings, _session) = (settings, session);

    /// <summary>What was measured; <paramref name="Adapted"/> is null where the model does not adapt.</summary>
    private readonly record struct Figures(EvaluationResult Plain, EvaluationResult? Adapted);

    /// <summary>Evaluates and returns the exit code.</summary>
    public static int Run(EvalSettings settings, Session session) => new EvalRun(settings, session).Run();

    private int Run()
    {
        (GruConfig config, SampleKind trainedOn) = ModelFile.LoadConfig(_settings.Model);
        SampleKind samples = _settings.Window > 0 ? SampleKind.Stream : _settings.Samples ?? trainedOn;
        CheckSamples(samples);
        CorpusText text = ReadText(trainedOn);
        using var compute = Compute.Create(_settings.Threads);
        using var model = GruLanguageModel.Load(_settings.Model, compute);
        var tokenizer = Tokenizer.Load(ModelFolder.TokenizerPath(_settings.Model));
        if (tokenizer.VocabSize != config.VocabSize)
        {
            throw new InvalidDataException(
                $"{_settings.Model}: the tokenizer has {tokenizer.VocabSize} pieces and the model {config.VocabSize}");
        }

        long start = Stopwatch.GetTimestamp();
        Figures figures = samples == SampleKind.Lines
            ? new Figures(EvaluateLines(model, tokenizer, text), null)
            : EvaluateStream(model, tokenizer, text, compute);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (_session.ErrorIsTerminal) _session.Error.Write("\r" + new string(' ', 40) + "\r");
        if (_settings.Json) JsonLine.Write(_session.Output, json => WriteFields(json, figures, seconds));
        else WriteText(figures, seconds);
        return ExitCode.Done;
    }

    private void CheckSamples(SampleKind samples)
    {
        if (_settings.Dynamic is not null && samples == SampleKind.Lines)
        {
            throw new UsageException("--dynamic reads one stream, and this model was trained on lines; add --samples stream");
        }

        if (_settings.MaskPrompt == true && samples != SampleKind.Lines)
        {
            throw new UsageException("--mask-prompt needs text that is read line by line: give --samples lines");
        }
    }

    private CorpusText ReadText(SampleKind trainedOn)
    {
        string[] names = _settings.Data is null ? [] : [_settings.Data];
        _settings.Form.Check(names);
        return _settings.Data is null
            ? RecordedText.Of(_settings.Model, trainedOn).HeldOut(_session.Error, _session.Stop)
            : _settings.Form.Read(names, _session.Input, _session.Error, _session.Stop).Text;
    }

    private EvaluationResult EvaluateLines(GruLanguageModel model, Tokenizer tokenizer, CorpusText text)
    {
        bool answersOnly = _settings.MaskPrompt ?? WasTrainedOnAnswers(_settings.Model);
        HeldOutLines lines = TokenizedText.HeldOutLines(tokenizer, text, answersOnly ? TokenizedText.AnswerMask(tokenizer) : null);
        if (answersOnly && lines.Lines.Count == 0)
        {
            string marker = new ChatTemplate().Ai;
            throw new InvalidDataException(
                $"the text has no sample with {marker}, so there is no answer to count; --no-mask-prompt counts everything");
        }

        return Evaluation.Lines(model, lines, 0, Progress(lines.Tokens), _session.Stop);
    }

    private Figures EvaluateStream(GruLanguageModel model, Tokenizer tokenizer, CorpusText text, Compute compute)
    {
        HeldOutStream stream = TokenizedText.HeldOutStream(tokenizer, text);
        Action<long>? progress = Progress(stream.Tokens);
        EvaluationResult plain = _settings.Window > 0
            ? Evaluation.Windows(model, stream, _settings.Window, progress, _session.Stop)
            : Evaluation.Stream(model, stream, progress, _session.Stop);
        if (_settings.Dynamic is not { } options) return new Figures(plain, null);
        return new Figures(plain, DynamicEvaluation.Stream(model.Parameters, compute, stream, options, progress, _session.Stop));
    }

    private static bool WasTrainedOnAnswers(string folder)
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

    private Action<long>? Progress(long total)
    {
        if (!_session.ErrorIsTerminal) return null;
        long last = 0;
        return done =>
        {
            if (Stopwatch.GetElapsedTime(last).TotalSeconds < SecondsBetweenReports) return;
            last = Stopwatch.GetTimestamp();
            _session.Error.Write($"\revaluating {100.0 * done / total:0}% ");
        };
    }

    private void WriteText(Figures figures, double seconds)
    {
        EvaluationResult plain = figures.Plain;
        string line = TrainingDisplay.Figures(plain);
        _session.Output.WriteLine($"{line}  ({plain.Sums.Tokens:#,0} tokens, {plain.Bytes:#,0} bytes, {seconds:0.0} s)");
        if (figures.Adapted is { } adapted) _session.Output.WriteLine("adapting as it reads: " + TrainingDisplay.Figures(adapted));
    }

    private static void WriteFields(Utf8JsonWriter json, Figures figures, double seconds)
    {
        json.WriteNumber("tokens", figures.Plain.Sums.Tokens);
        json.WriteNumber("bytes", figures.Plain.Bytes);
        WriteFigures(json, "", figures.Plain);
        if (figures.Adapted is { } adapted)
        {
            json.WriteBoolean("dynamic", true);
            WriteFigures(json, "dynamic_", adapted);
        }

        json.WriteNumber("seconds", Math.Round(seconds, 3));
    }

    private static void WriteFigures(Utf8JsonWriter json, string prefix, EvaluationResult result)
    {
        WriteFinite(json, prefix + "nll", result.Sums.MeanNll);
        WriteFinite(json, prefix + "perplexity", result.Sums.Perplexity);
        WriteFinite(json, prefix + "bits_per_byte", result.BitsPerByte);
        json.WriteNumber(prefix + "token_accuracy", result.Sums.Accuracy);
    }

    // JSON has no infinity and no NaN; a model gone astray can give both.
    private static void WriteFinite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
