// How well a model folder knows a text, or the held-out part of what it was trained on: as one stream, in windows, line by line, or by a
// copy that adapts as it reads. What the figures mean stands in docs/evaluation.md.

using System.Diagnostics;
using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>Evaluates model folders. Safe for several threads.</summary>
public sealed class ModelEvaluation
{
    private readonly EvaluationSettings _settings;
    private readonly IProgressObserver _observer;
    private readonly CancellationToken _cancel;

    private ModelEvaluation(EvaluationSettings settings, IProgressObserver observer, CancellationToken cancel) =>
        (_settings, _observer, _cancel) = (settings, observer, cancel);

    /// <summary>Evaluates the model in <paramref name="folder"/> on the held-out part of what it was trained on.</summary>
    /// <inheritdoc cref="Run(EvaluationSettings, IProgressObserver?, Stream?, CancellationToken)"/>
    public static EvaluationFigures Run(string folder, CancellationToken cancel = default) =>
        Run(new EvaluationSettings { Model = folder }, cancel: cancel);

    /// <summary>Evaluates a model.</summary>
    /// <param name="settings">The model, the text, and how it is read.</param>
    /// <param name="observer">Is told of the text, and how far the evaluation is, in tokens; null: nobody is.</param>
    /// <param name="standardInput">What <c>-</c> reads; null for the process's own standard input.</param>
    /// <param name="cancel">Ends it with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">Settings do not go together.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read, or this machine lacks the device.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the text has nothing to evaluate on.</exception>
    public static EvaluationFigures Run(
        EvaluationSettings settings, IProgressObserver? observer = null, Stream? standardInput = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Window < 0)
        {
            throw new ArgumentOutOfRangeException(
                null, $"'Window' is {settings.Window}; 0, for none, or a number of tokens was expected");
        }

        Devices.CheckThreads(settings.Threads);
        return new ModelEvaluation(settings, observer ?? new NoProgress(), cancel).Run(standardInput);
    }

    private EvaluationFigures Run(Stream? standardInput)
    {
        var parts = ModelParts.Read(_settings.Model);
        using IDevice device = OrFree(parts.Parameters, Open);
        using IScoringModel model = OrFree(parts.Parameters, weights => Create(device, weights));
        using GruParameters? copied = _settings.Weights == WeightFormat.Int8 ? parts.Parameters : null;
        (SampleKind trainedOn, Tokenizer tokenizer) = (parts.Samples, parts.Tokenizer);
        SampleKind samples = _settings.Window > 0 ? SampleKind.Stream : _settings.Samples ?? trainedOn;
        bool isFramed = parts.Parameters.Config.Opening;
        CheckSamples(samples);
        CorpusText text = ReadText(trainedOn, standardInput);
        long start = Stopwatch.GetTimestamp();
        (EvaluationResult plain, EvaluationResult? adapted) = samples == SampleKind.Lines
            ? (Lines(model, tokenizer, text, trainedOn, isFramed), null)
            : Stream(model, tokenizer, text);
        HeldOutLines? questions = samples == SampleKind.Lines ? RunAnswers.Questions(text, tokenizer, isFramed, _cancel) : null;
        return new EvaluationFigures(plain, adapted, Stopwatch.GetElapsedTime(start).TotalSeconds)
        {
            Answers = questions is null ? null : AnswersRight.Count(model, questions, _cancel),
        };
    }

    private IDevice Open(GruParameters parameters) =>
        Devices.OpenToDecode(_settings.Device, _settings.Threads, parameters, _settings.Weights);

    private IScoringModel Create(IDevice device, GruParameters parameters) => _settings.Weights == WeightFormat.Int8
        ? new ScoringDecoder(device.CreateDecoder(parameters, WeightFormat.Int8))
        : device.CreateModel(parameters, new ModelOptions());

    // Nothing has them yet when what is made of them cannot be made.
    private static T OrFree<T>(GruParameters parameters, Func<GruParameters, T> make)
    {
        try
        {
            return make(parameters);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    private void CheckSamples(SampleKind samples)
    {
        if (_settings is { Dynamic: not null, Window: > 0 })
        {
            throw new ArgumentException("'Dynamic' reads one stream and 'Window' starts anew every so many tokens; give one of them");
        }

        if (_settings is { Window: > 0, Samples: SampleKind.Lines })
        {
            throw new ArgumentException(
                "'Window' starts anew every so many tokens of one stream, and 'Samples = Lines' at each line; give one of them");
        }

        if (_settings.Dynamic is not null && samples == SampleKind.Lines)
        {
            throw new ArgumentException("'Dynamic' reads one stream, and this model was trained on lines; add 'Samples = Stream'");
        }

        if (_settings is { Dynamic: not null, Weights: WeightFormat.Int8 })
        {
            throw new ArgumentException("'Dynamic' changes weights as it reads, which is done in float32; leave 'Weights = Int8' out");
        }

        if (_settings.MaskPrompt == true && samples != SampleKind.Lines)
        {
            throw new ArgumentException("'MaskPrompt' needs text that is read line by line: give 'Samples = Lines'");
        }
    }

    private CorpusText ReadText(SampleKind trainedOn, Stream? standardInput)
    {
        var reading = new CorpusReading(_observer, _cancel)
        {
            Format = _settings.DataFormat,
            Column = _settings.Column,
            StandardInput = standardInput,
        };
        reading.Check(_settings.Data);
        if (_settings.Data.Count == 0 || _settings.HeldOutOnly)
        {
            return RecordedText.Of(_settings.Model, trainedOn, _settings.Data).HeldOut(reading);
        }

        if (_settings.Data.Any(Directory.Exists)) reading.Announce("evaluating on ", _settings.Data);
        CorpusText text = reading.Read(_settings.Data);
        if (RecordedText.OfTrainingOn(_settings.Model, _settings.Data) is { } told)
        {
            string held = told is { ValData: null, ValFraction: > 0 } ? "; 'HeldOutOnly' reads what was held out of it" : "";
            _observer.OnNotice("the model has learned from this text, so that its figures are too good" + held);
        }

        return text;
    }

    private EvaluationResult Lines(IScoringModel model, Tokenizer tokenizer, CorpusText text, SampleKind trainedOn, bool isFramed)
    {
        bool answersOnly = _settings.MaskPrompt ?? WasTrainedOnAnswers(trainedOn);
        HeldOutLines lines = LineFrame.Of(tokenizer, isFramed, answersOnly).HeldOut(tokenizer, text.Samples(), 0, _cancel);
        if (answersOnly && lines.Lines.Count == 0)
        {
            string marker = ChatTemplate.Default.Ai;
            throw new InvalidDataException(
                $"the text has no sample with {marker}, so there is no answer to count; 'MaskPrompt = false' counts everything");
        }

        if (lines.Lines.Count == 0 && _settings is { Data.Count: > 0, HeldOutOnly: false })
        {
            string names = string.Join(", ", _settings.Data.Select(CorpusFiles.DisplayName));
            throw new InvalidDataException($"{names}: has no line with text");
        }

        return Training.Evaluation.Lines(model, lines, 0, Progress(lines.Tokens), _cancel);
    }

    private (EvaluationResult Plain, EvaluationResult? Adapted) Stream(IScoringModel model, Tokenizer tokenizer, CorpusText text)
    {
        HeldOutStream stream = TokenizedText.HeldOutStream(tokenizer, text, cancel: _cancel);
        Action<long> progress = Progress(stream.Tokens);
        EvaluationResult plain = _settings.Window > 0
            ? Training.Evaluation.Windows(model, stream, _settings.Window, progress, _cancel)
            : Training.Evaluation.Stream(model, stream, progress, _cancel);
        if (_settings.Dynamic is not { } options || model is not ITrainableModel trained) return (plain, null);
        using var compute = Compute.Create(_settings.Threads);
        return (plain, DynamicEvaluation.Stream(trained.Parameters, compute, stream, options, progress, _cancel));
    }

    // A model without settings beside it was trained who knows how: everything counts.
    private bool WasTrainedOnAnswers(SampleKind trainedOn)
    {
        if (!File.Exists(new RunLayout(_settings.Model).Settings)) return false;
        try
        {
            return RecordedText.Of(_settings.Model, trainedOn).MaskPrompt;
        }
        catch (InvalidDataException error)
        {
            string reason = error.Message.Split("; name a text")[0];
            throw new InvalidDataException($"{reason}; say 'MaskPrompt' or 'MaskPrompt = false'", error);
        }
    }

    private Action<long> Progress(long total) => done => _observer.OnProgress(done, total);
}
