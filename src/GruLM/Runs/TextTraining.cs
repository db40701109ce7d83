// From text to a trained model folder: the tokenizer (given, or learned from the training part only), the tokens (PreparedText.cs), the
// model (StartingModel.cs), the loop (Trainer.cs). Prepare does everything that can fail on bad input before anything is written.

using System.Text;
using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>A training run, prepared: tokenised data and a model with its starting values. Used by one thread at a time.</summary>
public sealed class TextTraining : IDisposable
{
    // A tokenizer is learned from no more of a text than this many bytes.
    private const int MostToLearnFrom = 64 << 20;

    private readonly TextTrainingOptions _options;
    private readonly PreparedText _text;
    private readonly Compute _compute;
    private readonly Output _output;

    // Where the run that is continued stood; null for a new one.
    private readonly RunPosition? _continued;
    private Trainer _trainer;

    private TextTraining(TextTrainingOptions options, PreparedText text, GruLanguageModel model, Compute compute, Output output)
    {
        (_options, _text, Model, _compute, _output) = (options, text, model, compute, output);
        _trainer = NewTrainer(options.Training);
        if (options.ContinueFrom is { } checkpoint)
        {
            _continued = Checkpoint.Load(checkpoint, model);
            _trainer.ContinueFrom(_continued);
        }
    }

    /// <summary>The tokenizer in use.</summary>
    public Tokenizer Tokenizer => _text.Tokenizer;

    /// <summary>The training data.</summary>
    public ITrainingData Data => _text.Data;

    /// <summary>The held-out data; null when there is none.</summary>
    public HeldOut? HeldOut => _text.HeldOut;

    /// <summary>The model in training.</summary>
    public GruLanguageModel Model { get; }

    /// <summary>Updates that the run will make.</summary>
    public long TotalSteps => _trainer.TotalSteps;

    /// <summary>Where the run stands.</summary>
    public RunPosition Position => _trainer.Position;

    /// <summary>Whether a run that was continued had come to its end already.</summary>
    public bool Done => _trainer.Done;

    /// <summary>Whether the run ended, or will, because the held-out figure no longer improved.</summary>
    public bool OutOfPatience => _trainer.OutOfPatience;

    /// <summary>Tokenises both texts and sets up model and loop. <paramref name="folder"/> may be null: nothing is saved.
    /// <paramref name="phase"/> is told what takes time. Throws <see cref="ArgumentException"/> for settings and
    /// <see cref="InvalidDataException"/> for text that cannot be trained on.</summary>
    public static TextTraining Prepare(
        CorpusText training, CorpusText heldOut, TextTrainingOptions options, Compute compute, string? folder,
        ITrainingObserver observer, Action<string>? phase = null, CancellationToken cancel = default)
    {
        Check(training, options);
        Tokenizer tokenizer = options.Tokenizer ?? LearnTokenizer(training, options, phase, cancel);
        phase?.Invoke("encoding the text");
        var work = new EncodingWork(compute.Team.Count, phase, cancel);
        var text = PreparedText.Encode(tokenizer, training, heldOut, options, work);
        phase?.Invoke("setting up the model");
        GruLanguageModel? model = null;
        try
        {
            GruConfig sizes = StartingModel.Sizes(options) with { VocabSize = tokenizer.VocabSize };
            model = StartingModel.Create(sizes, options, compute);
            model.Regularisation = options.Regularisation;
            return new TextTraining(options, text, model, compute, new Output(folder, observer));
        }
        catch
        {
            model?.Dispose();
            text.Dispose();
            throw;
        }
    }

    /// <summary>Checks settings and text as far as that takes no time. Throws what <see cref="Prepare"/> throws.</summary>
    public static void Check(CorpusText training, TextTrainingOptions options)
    {
        TrainingChecks.CheckSettings(options);
        TrainingChecks.CheckText(training, options);
    }

    /// <summary>How many samples have no <c>&lt;ai&gt;</c>, so that nothing of them is learned with
    /// <see cref="TextTrainingOptions.MaskPrompt"/>.</summary>
    public static int SamplesWithoutAnswer(CorpusText text) => TrainingChecks.SamplesWithoutAnswer(text);

    /// <summary>Learns the tokenizer that <paramref name="options"/> describe. Throws what <see cref="Prepare"/> throws.</summary>
    public static Tokenizer LearnTokenizer(
        CorpusText training, TextTrainingOptions options, Action<string>? phase = null, CancellationToken cancel = default)
    {
        ReadOnlyMemory<byte> sample = TokenizerSample.Take(training, MostToLearnFrom);
        int megabytes = sample.Length >> 20;
        string source = sample.Length < training.Length ? $" from {megabytes} MB of lines from all over the text" : "";
        phase?.Invoke($"learning a tokenizer of {options.VocabSize} pieces{source}");
        try
        {
            return new Tokenizer(DefaultTokenizer.Train(sample, options.VocabSize, options.ModelType, null, cancel));
        }
        catch (VocabularySizeException error) when (options.GrowVocabulary && error.Minimum is { } minimum)
        {
            // As many merges again as a text with few characters would get.
            int size = minimum + options.VocabSize;
            phase?.Invoke($"the text's characters need {minimum} pieces: learning a tokenizer of {size} instead");
            return new Tokenizer(DefaultTokenizer.Train(sample, size, options.ModelType, null, cancel));
        }
    }

    /// <summary>Measures for about <paramref name="seconds"/> how fast this run is here.</summary>
    public SpeedMeasurement MeasureSpeed(double seconds, CancellationToken cancel = default) =>
        SpeedMeasurement.Measure(
            new MeasuredRun(Model.Config, _options.Optimizer, Data, HeldOut, _options.Training), _compute, seconds, cancel);

    /// <summary>Gives a run, before it begins or goes on, so much time and so many epochs instead, whichever ends first.</summary>
    public void FitInto(TimeBudget budget, int epochs)
    {
        _trainer = NewTrainer(_options.Training with { Epochs = epochs }, budget);
        if (_continued is not null) _trainer.ContinueFrom(_continued);
    }

    /// <summary>What the model writes after <paramref name="prompt"/> as it is now; the seed is that of the run.</summary>
    public string Sample(string prompt, int tokens)
    {
        int end = _options.Samples == SampleKind.Lines ? TokenizedText.LineEnd(Tokenizer) : -1;
        using var session = new DecodingSession(Model.Parameters, _compute);
        var sampler = new Sampler(GenerationConfig.For(_options.Samples).ToSampling() with { Seed = _options.Training.Seed });
        StreamingDecoder decoder = Tokenizer.CreateStreamingDecoder();
        var text = new StringBuilder();
        if (_options.Samples == SampleKind.Lines) session.Read(TokenizedText.LineBegin(Tokenizer));
        foreach (int id in Tokenizer.Encode(prompt)) Push(id);
        for (int i = 0; i < tokens; i++)
        {
            int id = sampler.Sample(session.Logits());
            if (id == end) break;
            Push(id);
        }

        return text.Append(decoder.Flush()).ToString();

        void Push(int id)
        {
            session.Read(id);
            sampler.Accept(id);
            text.Append(decoder.Push(id));
        }
    }

    /// <summary>Trains. The folder is a complete model folder from the first saving on.</summary>
    public TrainingResult Run(CancellationToken cancel = default)
    {
        if (_output.Folder is { } folder && _options.ContinueFrom is null)
        {
            Directory.CreateDirectory(folder);
            Tokenizer.Save(Path.Combine(folder, ModelFolder.TokenizerName));
            GenerationConfig.For(_options.Samples).Save(folder);
        }

        return _trainer.Run(cancel);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        _text.Dispose();
    }

    private Trainer NewTrainer(TrainingOptions loop, TimeBudget? budget = null) =>
        new(Model, Data, HeldOut, loop, _output.Folder, _output.Observer, budget);

    // The folder that is written to, null for none, and who is told of the figures.
    private sealed record Output(string? Folder, ITrainingObserver Observer);
}
