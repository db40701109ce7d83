// From text to a trained model folder: the tokenizer (given, or learned from the training part only), the token data, the
// model, the loop. Prepare does everything that can fail on bad input before anything is written.

using System.Text;
using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>A training run, prepared: tokenised data and a model with its starting values.</summary>
public sealed class TextTraining : IDisposable
{
    // A tokenizer is learned from no more of a text than this.
    private const int MostToLearnFrom = 64 << 20;

    private readonly TextTrainingOptions _options;
    private readonly Compute _compute;
    private readonly string? _folder;
    private readonly ITrainingObserver _observer;
    private readonly IDisposable? _tokens;
    private RunPosition? _continued;
    private Trainer _trainer;

    private TextTraining(
        TextTrainingOptions options, Compute compute, string? folder, ITrainingObserver observer, Tokenizer tokenizer, ITrainingData data,
        IDisposable? tokens, HeldOut? heldOut, GruLanguageModel model)
    {
        (_options, _compute, _folder, _observer, Tokenizer, Data, _tokens, HeldOut, Model) =
            (options, compute, folder, observer, tokenizer, data, tokens, heldOut, model);
        _trainer = new Trainer(model, data, heldOut, options.Training, folder, observer);
    }

    /// <summary>The tokenizer in use.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The training data.</summary>
    public ITrainingData Data { get; }

    /// <summary>The held-out data; null when there is none.</summary>
    public HeldOut? HeldOut { get; }

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
        ITrainingData data;
        HeldOut? held = null;
        IDisposable? tokens = null;
        if (options.Samples == SampleKind.Stream)
        {
            if (!heldOut.IsEmpty)
            {
                HeldOutStream stream = TokenizedText.HeldOutStream(tokenizer, heldOut, options.Training.EvalTokens);
                if (stream.Ids.Length < 2)
                {
                    throw new InvalidDataException(
                        $"the held-out part has {stream.Ids.Length} token(s); at least 2 are needed. Give more text, a larger --val-fraction, or --val-fraction 0 for none");
                }

                held = stream;
            }

            ITokens stored = EncodedText.Stream(tokenizer, training, TokenPath(training, options), compute.Team.Count, phase, cancel);
            tokens = stored as IDisposable;
            TrainingOptions loop = options.Training;
            data = new TokenStream(stored, loop.BatchSize * loop.GradAccum, loop.Bptt, loop.Seed, loop.RandomBptt, loop.FreshEvery);
        }
        else
        {
            AnswerMask? mask = options.MaskPrompt ? TokenizedText.AnswerMask(tokenizer) : null;
            ITokenLines stored = EncodedText.Lines(tokenizer, training, mask, TokenPath(training, options), compute.Team.Count, phase,
                cancel);
            tokens = stored as IDisposable;
            data = new LineSamples(
                stored, TokenizedText.LineBegin(tokenizer), TokenizedText.LineEnd(tokenizer),
                options.Training.BatchSize * options.Training.GradAccum, options.Training.Bptt, options.Training.Seed, mask);
            if (!heldOut.IsEmpty) held = TokenizedText.HeldOutLines(tokenizer, heldOut, mask, options.Training.EvalTokens);
            if (held is HeldOutLines { Lines.Count: 0 })
            {
                throw new InvalidDataException(
                    $"the held-out part has no line with {(mask is null ? "text" : ChatTemplate.Default.Ai)}. Give more lines, a larger --val-fraction, or --val-fraction 0 for none");
            }
        }

        phase?.Invoke("setting up the model");
        GruLanguageModel? model = null;
        try
        {
            model = CreateModel(Sizes(options) with { VocabSize = tokenizer.VocabSize }, options, compute);
            model.Regularisation = options.Regularisation;
            var run = new TextTraining(options, compute, folder, observer, tokenizer, data, tokens, held, model);
            if (options.ContinueFrom is not null) run._trainer.ContinueFrom(run._continued = Checkpoint.Load(options.ContinueFrom, model));
            return run;
        }
        catch
        {
            model?.Dispose();
            tokens?.Dispose();
            throw;
        }
    }

    /// <summary>Checks settings and text as far as that takes no time. Throws what <see cref="Prepare"/> throws.</summary>
    public static void Check(CorpusText training, TextTrainingOptions options)
    {
        GruConfig sizes = Sizes(options);
        sizes.Validate();
        options.Regularisation.Validate();
        options.Training.Validate(options.Samples);
        MemoryNeed.Check(sizes, options.Training);
        if (options.MaskPrompt && options.Samples != SampleKind.Lines)
        {
            throw new ArgumentException("--mask-prompt needs --samples lines: in a stream nothing tells where an exchange begins");
        }

        if (training.Length < 2)
        {
            throw new InvalidDataException(
                $"the training part of the text has {training.Length} byte(s), too few to learn from; give more text or a smaller --val-fraction");
        }

        if (!training.Samples().Any())
        {
            throw new InvalidDataException("the training part has no line with text; give more text or a smaller --val-fraction");
        }

        if (options.MaskPrompt && SamplesWithoutAnswer(training) == training.Samples().Count())
        {
            throw new InvalidDataException(
                $"no sample of the training part has an answer for --mask-prompt to leave: samples were expected in the form {ChatTemplate.Default.Prompt} … {ChatTemplate.Default.Ai} …");
        }
    }

    /// <summary>How many samples have no <c>&lt;ai&gt;</c>, so that nothing of them is learned with
    /// <see cref="TextTrainingOptions.MaskPrompt"/>.</summary>
    public static int SamplesWithoutAnswer(CorpusText text)
    {
        byte[] marker = Encoding.UTF8.GetBytes(ChatTemplate.Default.Ai);
        return text.Samples().Count(sample => sample.Span.IndexOf(marker) < 0);
    }

    /// <summary>Learns the tokenizer that <paramref name="options"/> describe. Throws what <see cref="Prepare"/> throws.</summary>
    public static Tokenizer LearnTokenizer(CorpusText training, TextTrainingOptions options, Action<string>? phase = null,
        CancellationToken cancel = default)
    {
        ReadOnlyMemory<byte> sample = ToLearnFrom(training, MostToLearnFrom);
        phase?.Invoke(
            $"learning a tokenizer of {options.VocabSize} pieces{(sample.Length < training.Length ? $" from {sample.Length >> 20} MB of lines from all over the text" : "")}");
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
        SpeedMeasurement.Measure(Model.Config, Data, HeldOut, _options.Training, _options.Optimizer, _compute, seconds, cancel);

    /// <summary>Gives a run, before it begins or goes on, so much time and so many epochs instead, whichever ends first.</summary>
    public void FitInto(TimeBudget budget, int epochs)
    {
        _trainer = new Trainer(Model, Data, HeldOut, _options.Training with { Epochs = epochs }, _folder, _observer, budget);
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
        if (_folder is not null && _options.ContinueFrom is null)
        {
            Directory.CreateDirectory(_folder);
            Tokenizer.Save(Path.Combine(_folder, ModelFolder.TokenizerName));
            GenerationConfig.For(_options.Samples).Save(_folder);
        }

        return _trainer.Run(cancel);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        _tokens?.Dispose();
    }

    private static string? TokenPath(CorpusText text, TextTrainingOptions options) =>
        text.Length < options.TokenFileFromBytes ? null : options.TokenFilePath;

    // Lines from all over a long text: a tokenizer learns no more from gigabytes.
    internal static ReadOnlyMemory<byte> ToLearnFrom(CorpusText text, int most)
    {
        const int Parts = 64;
        if (text.Length <= most) return text.Utf8;
        var taken = new List<byte>(most);
        for (int i = 0; i < Parts; i++)
        {
            ReadOnlySpan<byte> part = text.Slice(text.Length / Parts * i, most / Parts).Span;

            // Whole lines, where it has any, else whole characters.
            if (part.IndexOf((byte)'\n') is >= 0 and var first && part.LastIndexOf((byte)'\n') is var last && last > first)
            {
                part = part[(first + 1)..(last + 1)];
            }

            part = part[TextSplit.BytesOf(part, 0)..];
            taken.AddRange(part[..^TextCleaner.UnfinishedBytes(part)]);
        }

        return taken.ToArray();
    }

    // The vocabulary is as large as is wanted until the tokenizer is there.
    private static GruConfig Sizes(TextTrainingOptions options) => new()
    {
        VocabSize = Math.Max(2, options.Tokenizer?.VocabSize ?? options.VocabSize),
        EmbeddingDim = options.EmbeddingDim,
        HiddenDim = options.HiddenDim,
        NumLayers = options.NumLayers,
        Dropout = options.NumLayers == 1 ? 0 : options.Dropout,
        TieWeights = options.TieWeights,
        LayerNorm = options.LayerNorm && options.NumLayers > 1,
        Residual = options.Residual && options.NumLayers > 1,
    };

    private static GruLanguageModel CreateModel(GruConfig config, TextTrainingOptions options, Compute compute)
    {
        ulong seed = options.Training.Seed;
        if ((options.ContinueFrom ?? options.InitFrom) is not { } source)
        {
            return GruLanguageModel.Create(config, compute, seed, options.Optimizer, options.Samples);
        }

        (GruConfig? saved, SampleKind _) = ModelFile.LoadConfig(source);
        if (saved with { Dropout = config.Dropout } != config)
        {
            throw new InvalidDataException(
                $"{source}: the model there has other sizes ({saved.VocabSize} pieces, embedding {saved.EmbeddingDim}, {saved.NumLayers} x {saved.HiddenDim}) than asked for ({config.VocabSize}, {config.EmbeddingDim}, {config.NumLayers} x {config.HiddenDim})");
        }

        return new GruLanguageModel(ModelFile.ReadTensors(Path.Combine(source, ModelFile.WeightsName), config), compute, options.Optimizer,
            seed, options.Samples);
    }
}
