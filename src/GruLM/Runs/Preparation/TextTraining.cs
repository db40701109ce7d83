// From text to a trained model folder: the tokenizer (given, or learned from the training part only), the tokens (PreparedText.cs), the
// model (StartingModel.cs), the loop (Trainer.cs). Prepare does everything that can fail on bad input before the first step. Where the
// files of a run lie is not known here: that is TrainingRun's.

using GruLM.Corpus;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>A training run, prepared: tokenised data and a model with its starting values. Used by one thread at a time.</summary>
internal sealed class TextTraining : IDisposable
{
    // A tokenizer is learned from no more of a text than this many bytes.
    private const int MostToLearnFrom = 64 << 20;

    private TextTrainingOptions _options;
    private readonly PreparedText _text;
    private readonly RunSurroundings _around;

    // Where the run that is continued stood; null for a new one.
    private readonly RunPosition? _continued;
    private Trainer _trainer;

    private TextTraining(TextTrainingOptions options, PreparedText text, ITrainableModel model, RunSurroundings around)
    {
        (_options, _text, Model, _around) = (options, text, model, around);
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
    public ITrainableModel Model { get; }

    /// <summary>Updates that the run will make.</summary>
    public long TotalSteps => _trainer.TotalSteps;

    /// <summary>Where the run stands.</summary>
    public RunPosition Position => _trainer.Position;

    /// <summary>Whether a run that was continued had come to its end already.</summary>
    public bool Done => _trainer.Done;

    /// <summary>Whether a run that is continued had made all the steps that it was to make.</summary>
    public bool HadEnded => _continued is { } start && start.Step >= start.TotalSteps;

    /// <summary>Whether the run ended, or will, because the held-out figure no longer improved.</summary>
    public bool OutOfPatience => _trainer.OutOfPatience;

    /// <summary>Tokenises both texts and sets up model and loop. Throws <see cref="ArgumentException"/> for settings and
    /// <see cref="InvalidDataException"/> for text that cannot be trained on.</summary>
    public static TextTraining Prepare(
        TrainingTexts texts, TextTrainingOptions options, RunSurroundings around)
    {
        Check(texts, options);
        Tokenizer tokenizer = options.Tokenizer ?? LearnTokenizer(texts.Training, options, around.Observer, around.Cancel);
        around.Observer.OnPhase("encoding the text");
        var work = new EncodingWork(around.Device.Threads, around.Observer.OnPhase, around.Cancel);
        var text = PreparedText.Encode(tokenizer, texts.Training, texts.HeldOut, options, work);
        around.Observer.OnPhase("setting up the model");
        ITrainableModel? model = null;
        try
        {
            GruConfig sizes = StartingModel.Sizes(options) with { VocabSize = tokenizer.VocabSize };
            model = StartingModel.Create(sizes, options, around.Device);
            return new TextTraining(options, text, model, around);
        }
        catch
        {
            model?.Dispose();
            text.Dispose();
            throw;
        }
    }

    /// <summary>Checks settings and text as far as that takes no time. Throws what <see cref="Prepare"/> throws.</summary>
    public static void Check(TrainingTexts texts, TextTrainingOptions options)
    {
        TrainingChecks.CheckSettings(options);
        TrainingChecks.CheckText(texts.Training, texts.HeldOut, options);
    }

    /// <summary>How many samples have no <c>&lt;ai&gt;</c>, so that nothing of them is learned with
    /// <see cref="TextTrainingOptions.MaskPrompt"/>.</summary>
    public static int SamplesWithoutAnswer(CorpusText text) => TrainingChecks.SamplesWithoutAnswer(text);

    /// <summary>Learns the tokenizer that <paramref name="options"/> describe. Throws what <see cref="Prepare"/> throws.</summary>
    public static Tokenizer LearnTokenizer(
        CorpusText training, TextTrainingOptions options, IProgressObserver observer, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> sample = TokenizerSample.Take(training, MostToLearnFrom);
        int megabytes = sample.Length >> 20;
        string source = sample.Length < training.Length ? $" from {megabytes} MB of lines from all over the text" : "";
        observer.OnPhase($"learning a tokenizer of {WhatIsLearned(options)}{source}");
        try
        {
            return new Tokenizer(DefaultTokenizer.Train(sample, options.VocabSize, options.ModelType, null, cancel));
        }
        catch (VocabularySizeException error) when (options.GrowVocabulary && error.Minimum is { } minimum)
        {
            // As many merges again as a text with few characters would get.
            int size = minimum + options.VocabSize;
            observer.OnPhase($"the text's characters need {minimum} pieces: learning a tokenizer of {size} instead");
            return new Tokenizer(DefaultTokenizer.Train(sample, size, options.ModelType, null, cancel));
        }
    }

    /// <summary>Measures for about <paramref name="seconds"/> how fast this run is here.</summary>
    public SpeedMeasurement MeasureSpeed(double seconds, CancellationToken cancel = default)
    {
        var told = new ModelOptions { Optimizer = _options.Optimizer, Seed = _options.Training.Seed };
        var run = new MeasuredRun(Data, HeldOut, _options.Training);
        return SpeedMeasurement.Measure(run, () => _around.Device.CreateModel(Model.Config, told), seconds, cancel);
    }

    /// <summary>Gives a run, before it begins or goes on, so much time and so many epochs instead, whichever ends first, and so many
    /// held-out tokens to read in an evaluation (0: all).</summary>
    public void FitInto(TimeBudget budget, int epochs, long evalTokens)
    {
        _trainer = NewTrainer(_options.Training with { Epochs = epochs, EvalTokens = evalTokens }, budget);
        if (_continued is not null) _trainer.ContinueFrom(_continued);
    }

    /// <summary>Lets a run that had ended go on with other limits of its length.</summary>
    public void GoOn(TrainingOptions loop)
    {
        _options = _options with { Training = loop };
        _trainer = NewTrainer(loop);
        _trainer.ContinueFrom(_continued!);
        _trainer.GoOn();
    }

    /// <summary>What the model, as it would be saved now, writes after <paramref name="prompt"/>: what generating from the saved model
    /// gives, with the seed of the run.</summary>
    public string Sample(string prompt, int tokens)
    {
        var defaults = GenerationConfig.For(_options.Samples);
        var options = new GenerationOptions
        {
            Sampling = defaults.ToSampling() with { Seed = _options.Training.Seed },
            MaxTokens = tokens,
        };
        Model.SwapAverage();
        try
        {
            using var model = LanguageModel.Over(Model.Parameters, _around.Device, _options.Samples, Tokenizer, defaults);
            return string.Concat(model.Generate(prompt, options, _around.Cancel));
        }
        finally
        {
            Model.SwapAverage();
        }
    }

    /// <summary>Trains.</summary>
    public TrainingResult Run(CancellationToken cancel = default) => _trainer.Run(cancel);

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        _text.Dispose();
    }

    private static string WhatIsLearned(TextTrainingOptions options) => options switch
    {
        { ModelType: ModelType.Char } => $"the text's characters, in at most {options.VocabSize} pieces",
        { GrowVocabulary: true } => $"about {options.VocabSize} pieces",
        _ => $"{options.VocabSize} pieces",
    };

    private Trainer NewTrainer(TrainingOptions loop, TimeBudget? budget = null)
    {
        HeldOut? heldOut = loop.EvalTokens > 0 ? _text.SomeHeldOut : HeldOut;
        return new Trainer(Model, Data, heldOut, loop, _around.Store, _around.Observer, budget);
    }
}
