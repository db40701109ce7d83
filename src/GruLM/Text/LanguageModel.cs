// A trained model as people use it: open a folder, give it text, get text back piece by piece. Text meets token ids here. Several users
// take turns at the one team of threads: a turn is a token of a text that is written or a window of one that is scored (Turns.cs).

using System.Text;
using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;
using GruLM.Training;

namespace GruLM;

/// <summary>A model folder, opened: tokenizer, weights and defaults.</summary>
/// <remarks><para>Safe for several threads: texts may be generated, scored and talked about side by side, each with a state of its own, and
/// each gives what it would give alone. They share the model's threads and take turns: first come, first served, a token or a scored window
/// at a time. Enumerating is what computes, so an enumerable that was given out is one thread's own.</para>
/// <para>Dispose the model when nobody uses it any more; whoever still does gets an <see cref="ObjectDisposedException"/>.</para></remarks>
public sealed class LanguageModel : IDisposable
{
    /// <summary>The widest beam of <see cref="Search"/>.</summary>
    public const int WidestBeam = 256;

    // Tokens of a prompt that are read in one turn.
    private const int TokensATurn = 64;

    private readonly Turns _turns = new();
    private readonly GruParameters _parameters;
    private readonly IDevice _device;
    private readonly Scorers _scorers;
    private readonly Decoders _decoders;
    private readonly ConstraintBindings _constraints;
    private readonly TextBatcher _batcher;
    private readonly bool _owns;
    private string? _fingerprint;

    // Nothing here can fail once the ids are known, so that nothing that it is given can be left behind.
    private LanguageModel(ModelParts parts, SpecialIds ids, IDevice device, WeightFormat weights, bool owns)
    {
        (Folder, _parameters, Samples, Tokenizer, Defaults) = parts;
        (Ids, _device, _owns) = (ids, device, owns);
        _scorers = new Scorers(_parameters, device, Samples, weights, owns);
        _decoders = new Decoders(_parameters, device, weights);
        _constraints = new ConstraintBindings(Tokenizer);
        _batcher = new TextBatcher(this);
    }

    /// <summary>The folder it was read from, as it was given; empty for a model from files elsewhere, or in training.</summary>
    public string Folder { get; }

    /// <summary>The architecture.</summary>
    public GruConfig Config => _parameters.Config;

    /// <summary>What it was trained on.</summary>
    public SampleKind Samples { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Its defaults for generation. Changing them while texts are generated is not safe.</summary>
    public GenerationConfig Defaults { get; }

    /// <summary>A name for the weights: the same for the same numbers in a model of the same sizes, another for any others.</summary>
    internal string Fingerprint => _fingerprint ??= ModelFingerprint.Of(_parameters);

    /// <summary>Numbers that were learned.</summary>
    internal long ParameterCount => _parameters.Views.Sum(view => view.Length);

    /// <summary>The numbers that texts are written with.</summary>
    internal WeightFormat WeightsOfTexts => DecoderOfTexts.Weights;

    /// <summary>Its special ids.</summary>
    internal SpecialIds Ids { get; }

    /// <summary>Opens a model folder for <paramref name="threads"/> threads (0: one per processor), to compute on
    /// <paramref name="device"/>, which is one of <see cref="Devices.Words"/>, with <paramref name="weights"/> read as int8 or float32:
    /// <see cref="WeightFormat.Auto"/> writes texts in int8 (on a card in float32), and computes figures in float32.</summary>
    /// <exception cref="IOException">The folder or one of its files is missing or cannot be read, or this machine lacks the
    /// device.</exception>
    /// <exception cref="InvalidDataException">A file is cut off or malformed, holds a number that is not finite, or does not belong to the
    /// others. Weights have no checksum: a number that was changed to another is read as it is.</exception>
    /// <exception cref="ArgumentException">The folder's name is empty, the number of threads makes no sense, there is no such device, or
    /// <see cref="KernelChoice.Variable"/> asks for what this machine lacks.</exception>
    public static LanguageModel Open(
        string folder, int threads = 0, string device = Devices.Cpu, WeightFormat weights = WeightFormat.Auto)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Open(() => ModelParts.Read(folder), threads, device, weights);
    }

    /// <summary>Opens a model whose files lie elsewhere, such as in a program's resources. <paramref name="file"/> opens the one of that
    /// name (<c>config.json</c>, <c>model.safetensors</c>, <c>tokenizer.model</c>, <c>generation_config.json</c>) and gives null where
    /// there is none, as there may be of the last; each is asked for once, and copied into a temporary folder that is deleted again. The
    /// rest, and what is thrown, is as for a folder.</summary>
    public static LanguageModel Open(
        Func<string, Stream?> file, int threads = 0, string device = Devices.Cpu, WeightFormat weights = WeightFormat.Auto)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Open(() => ModelFiles.Read(file), threads, device, weights);
    }

    /// <summary>A model over parameters that go on changing, such as those of a run in training. Parameters and device stay the caller's,
    /// who lets nothing else use them while the model is at work.</summary>
    /// <exception cref="ArgumentException">Samples are lines, and the tokenizer has nothing that ends one.</exception>
    internal static LanguageModel Over(
        GruParameters parameters, IDevice device, SampleKind samples, Tokenizer tokenizer, GenerationConfig defaults)
    {
        var parts = new ModelParts("", parameters, samples, tokenizer, defaults);
        return new LanguageModel(parts, SpecialIds.Of(parts), device, WeightFormat.Fp32, owns: false);
    }

    /// <summary>Continues <paramref name="prompt"/>, giving the new text as it comes, never a part of a character.</summary>
    /// <param name="prompt">What stands before the text.</param>
    /// <param name="options">How to generate; null takes the model's own sampling settings. The seed is 0 unless
    /// <see cref="GenerationOptions.Sampling"/> has another, so the same call gives the same text.</param>
    /// <param name="cancel">Ends the text quietly, after the token at work.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public IEnumerable<string> Generate(string prompt, GenerationOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        Check(options);
        return Write(prompt, options, cancel);
    }

    /// <summary>Continues <paramref name="prompt"/> as <see cref="Generate"/> does. The computing is done on the thread pool; texts that
    /// are asked for at the same time are written together, which is several times faster than one after another.</summary>
    /// <param name="prompt">What stands before the text.</param>
    /// <param name="options">How to generate, as for <see cref="Generate"/>.</param>
    /// <param name="cancel">Ends the text with an <see cref="OperationCanceledException"/>, after the token at work.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public IAsyncEnumerable<string> GenerateAsync(
        string prompt, GenerationOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        Check(options);
        return _batcher.Write(prompt, options, cancel);
    }

    /// <summary>Writes several texts behind <paramref name="prompt"/> at the same time, each by other draws: text number i, counted from 0,
    /// is the one that <see cref="Generate"/> gives with a seed that is i more.</summary>
    /// <param name="prompt">What stands before the texts.</param>
    /// <param name="count">How many; they come in order, as they are asked for.</param>
    /// <param name="options">How to generate; null takes the model's own sampling settings.</param>
    /// <param name="cancel">Ends them quietly, after the step at work.</param>
    /// <exception cref="ArgumentException">An option makes no sense, or the count is less than 1.</exception>
    public IEnumerable<Completion> Complete(
        string prompt, int count, GenerationOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (count < 1) throw new ArgumentOutOfRangeException(null, $"'count' is {count}; at least 1 was expected");
        options ??= new GenerationOptions();
        Check(options);
        return Completions.Write(this, prompt, count, options, cancel);
    }

    /// <summary>The likeliest texts behind <paramref name="prompt"/> that beam search finds, the likeliest first. Sampling settings have no
    /// part in it.</summary>
    /// <param name="prompt">What stands before the texts.</param>
    /// <param name="width">Texts that are followed at the same time, 1 to <see cref="WidestBeam"/>; 1 takes the likeliest token
    /// always.</param>
    /// <param name="options">How long a text may get, and where it ends.</param>
    /// <param name="cancel">Ends the search, with the texts as they are then.</param>
    /// <exception cref="ArgumentException">An option makes no sense, or the width is out of its range.</exception>
    public IReadOnlyList<Completion> Search(
        string prompt, int width, GenerationOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (width is < 1 or > WidestBeam)
        {
            throw new ArgumentOutOfRangeException(null, $"'width' is {width}; a number from 1 to {WidestBeam} was expected");
        }

        options ??= new GenerationOptions();
        Check(options);
        return Completions.Search(this, prompt, width, options, cancel);
    }

    /// <summary>Begins a text that is read and written part by part.</summary>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public TextSession StartText(GenerationOptions? options = null) => new(this, options ?? new GenerationOptions());

    /// <summary>Begins a chat: an exchange of turns over one carried state.</summary>
    /// <param name="options">How replies are written; null takes the model's own sampling settings.</param>
    /// <param name="learn">How a copy of the weights adapts to the chat, as in dynamic evaluation: it learns from each turn when the next
    /// one begins. The copy is the chat's own, in float32 on the processor. Null: nothing is learned.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public ChatSession StartChat(GenerationOptions? options = null, DynamicOptions? learn = null) =>
        new(this, options ?? new GenerationOptions(), learn);

    /// <summary>The tokens of a UTF-8 text as one stream, each with its log-probability given all before it, while the text is being read:
    /// memory does not depend on the text's length. A byte-order mark is dropped and CRLF becomes LF; what <see cref="TextCorpus.Open"/>
    /// reads is clean already. The stream stays the caller's.</summary>
    /// <param name="utf8">The text, read as the tokens are asked for.</param>
    /// <param name="cancel">Ends the scoring with an <see cref="OperationCanceledException"/>, after the window at work.</param>
    public IEnumerable<ScoredToken> Score(Stream utf8, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        return ScoreWindows(utf8, cancel).SelectMany(window => window);
    }

    /// <summary>Scores a text as <see cref="Score"/> does. The reading and the computing are done on the thread pool.</summary>
    /// <param name="utf8">The text, read as the tokens are asked for.</param>
    /// <param name="cancel">Ends the scoring with an <see cref="OperationCanceledException"/>, after the window at work.</param>
    public IAsyncEnumerable<ScoredToken> ScoreAsync(Stream utf8, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        return ThreadPoolEnumeration.Enumerate(token => ScoreWindows(utf8, token), cancel).SelectMany(window => window);
    }

    /// <summary>The natural log-probability of <paramref name="continuation"/> after <paramref name="context"/>: what the model makes of
    /// one text after another, for choosing between alternatives.</summary>
    /// <remarks><para>It is log P(context + continuation) − log P(context), for models of streams and of lines alike, with both texts read
    /// as a prompt is read: first the token that stands before texts in training, then the tokens of the text. The end of the text is not
    /// part of it. 0 for an empty continuation.</para>
    /// <para>Both texts are encoded as one. Mostly the tokens of the context are the first ones of the whole, and what is given is the sum
    /// over the tokens of the continuation. Where a token straddles the seam, the tokens of the context alone that are not the first ones
    /// of the whole are subtracted, so the sum may be above 0. A continuation that begins with a space keeps tokens from straddling in most
    /// tokenizers.</para></remarks>
    public double LogProb(string context, string continuation)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(continuation);
        return continuation.Length == 0 ? 0 : ContinuationScoring.LogProb(this, context, continuation);
    }

    /// <summary>Ends the model, after the turn at work.</summary>
    public void Dispose()
    {
        if (!_turns.End()) return;
        _scorers.Dispose();
        _decoders.Dispose();
        if (!_owns) return;
        _parameters.Dispose();
        _device.Dispose();
    }

    /// <summary>Throws <see cref="ArgumentException"/> when an option makes no sense for this model and texts that
    /// <paramref name="stops"/> end; null: those of texts that are no chat.</summary>
    internal void Check(GenerationOptions options, int[]? stops = null)
    {
        options.Validate();
        options.Sampling?.CheckTokens(Config.VocabSize);
        if (Bind(options, stops ?? Ids.Stops) is { } automaton) ConstraintCursor.CheckBudget(automaton.Start, options.MaxTokens);
    }

    /// <summary>The automaton of the options' constraint, for texts that <paramref name="stops"/> end; null where there is none.</summary>
    /// <exception cref="ArgumentException">The vocabulary cannot write what the constraint asks for.</exception>
    internal ConstraintAutomaton? Bind(GenerationOptions options, int[] stops)
    {
        if (options.Constraint is not { } constraint) return null;
        SamplingOptions sampling = options.Sampling ?? Defaults.ToSampling();
        return options.IgnoreEos
            ? _constraints.Bind(constraint, sampling, [], [.. Ids.Never, .. stops, .. Ids.Stops])
            : _constraints.Bind(constraint, sampling, stops, Ids.Never);
    }

    /// <summary>Waits until the model is free for one step of a text; disposing what is returned frees it again. Throws
    /// <see cref="ObjectDisposedException"/> when the model is disposed.</summary>
    internal Turns.Turn TakeTurn() => _turns.Take(this);

    /// <summary>What writes the texts of many callers together.</summary>
    internal TextBatcher Batcher => _batcher;

    /// <summary>A new session that writes texts. What it computes, it computes in a turn.</summary>
    internal IDecodingSession NewSession()
    {
        using Turns.Turn turn = TakeTurn();
        return _decoders.ForTexts.CreateSession();
    }

    /// <summary>What writes texts; used in turns.</summary>
    internal IDecoder DecoderOfTexts
    {
        get
        {
            using (TakeTurn()) return _decoders.ForTexts;
        }
    }

    /// <summary>A copy of the weights that learns.</summary>
    internal TalkLearner NewLearner(DynamicOptions options)
    {
        using Turns.Turn turn = TakeTurn();
        return new TalkLearner(this, _parameters, options, _device.Threads);
    }

    /// <summary>A decoder in int8 of its own, over a copy of the weights: whoever has it needs no turns.</summary>
    internal Int8Decoder NewInt8Decoder(Compute compute)
    {
        using Turns.Turn turn = TakeTurn();
        return new Int8Decoder(_parameters, compute);
    }

    /// <summary>Reads a prompt in turns; false when it was cancelled.</summary>
    internal bool TryRead(IDecodingSession session, int[] ids, CancellationToken cancel)
    {
        foreach (int[] part in ids.Chunk(TokensATurn))
        {
            if (cancel.IsCancellationRequested) return false;
            using (TakeTurn()) session.Read(part);
        }

        return true;
    }

    /// <summary>A new session whose scores are figures.</summary>
    internal IDecodingSession NewExactSession()
    {
        using Turns.Turn turn = TakeTurn();
        return _decoders.ForFigures.CreateSession();
    }

    /// <summary>Disposes a session in a turn, since a device may be at work for another; after the model without one.</summary>
    internal void EndSession(IDecodingSession session)
    {
        bool hasTurn = _turns.TryTake(out Turns.Turn turn);
        try
        {
            session.Dispose();
        }
        finally
        {
            if (hasTurn) turn.Dispose();
        }
    }

    /// <summary>A model to score one text with; it computes in turns, and is to be returned.</summary>
    internal IScoringModel TakeScorer()
    {
        using Turns.Turn turn = TakeTurn();
        return _scorers.Take();
    }

    /// <summary>Takes back what <see cref="TakeScorer"/> gave.</summary>
    internal void ReturnScorer(IScoringModel scorer) => _scorers.Return(scorer);

    /// <summary>A prompt as the model was trained to see one: cleaned as its text was; lines begin with bos; in a stream a new line stands
    /// before the prompt.</summary>
    internal IEnumerable<int> PromptIds(string prompt)
    {
        // In parts, so that whoever reads a long prompt can stop early.
        ReadOnlyMemory<byte> utf8 = Encoding.UTF8.GetBytes(TextCorpus.Clean(prompt));
        IEnumerable<int> ids = TokenizedText.StreamParts(Tokenizer, utf8, threads: 1).SelectMany(part => part);
        if (Ids.Opening >= 0) return ids.Prepend(Ids.Opening);

        // A text has to begin with something: where nothing opens one, and there is no prompt, with what begins sentences.
        return ids.DefaultIfEmpty(Ids.First);
    }

    /// <summary>The ids of a prompt, all of them.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal int[] WholePrompt(string prompt, CancellationToken cancel)
    {
        var ids = new List<int>();
        foreach (int id in PromptIds(prompt))
        {
            cancel.ThrowIfCancellationRequested();
            ids.Add(id);
        }

        return [.. ids];
    }

    private static LanguageModel Open(Func<ModelParts> read, int threads, string device, WeightFormat weights)
    {
        ArgumentNullException.ThrowIfNull(device);
        Devices.CheckThreads(threads);
        if (!Enum.IsDefined(weights)) throw new ArgumentException($"'Weights' is {weights}; Auto, Fp32 or Int8 was expected");
        ModelParts parts = read();
        try
        {
            var ids = SpecialIds.Of(parts);

            // Threads begin last, when nothing can fail any more.
            IDevice opened = Devices.OpenToDecode(device, threads, parts.Parameters, weights);
            return new LanguageModel(parts, ids, opened, weights, owns: true);
        }
        catch
        {
            parts.Parameters.Dispose();
            throw;
        }
    }

    // The loop behind both forms of Generate.
    private IEnumerable<string> Write(string prompt, GenerationOptions options, CancellationToken cancel)
    {
        using var writer = new TextWriterSession(this, options);
        writer.Read(PromptIds(prompt), cancel);
        foreach (string text in writer.Write(Ids.Stops, cancel)) yield return text;
    }

    private IEnumerable<ScoredToken[]> ScoreWindows(Stream utf8, CancellationToken cancel)
    {
        Stream clean = utf8 is CorpusStream ? utf8 : new CleanedText(utf8, cancel);
        return TextScoring.Windows(this, clean, cancel);
    }
}
