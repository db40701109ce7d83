// A trained model as people use it: open a folder, give it text, get text back piece by piece. Text meets token ids here.

using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Kernels;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM;

/// <summary>A model folder, opened: tokenizer, weights and defaults. Not thread-safe: one text is generated or scored at a time.</summary>
public sealed class LanguageModel : IDisposable
{
    private readonly Compute _compute;
    private readonly GruParameters _parameters;
    private GruLanguageModel? _scorer;

    private LanguageModel(
        string folder, (GruParameters Parameters, SampleKind Samples) model, Tokenizer tokenizer, GenerationConfig defaults,
        Compute compute)
    {
        (Folder, Tokenizer, Defaults, _compute) = (folder, tokenizer, defaults, compute);
        (_parameters, Samples) = model;
        Stops = IdsOf(Defaults.StopTokens);
        ChatStops = [.. Stops, .. IdsOf(Defaults.ChatStopTokens)];
        Opening = Samples == SampleKind.Lines ? TokenizedText.LineBegin(tokenizer) : StreamOpening(tokenizer);
        Never = [.. new[] { tokenizer.UnkId, tokenizer.BosId, tokenizer.PadId }.Where(id => id >= 0)];
    }

    /// <summary>The folder it was read from.</summary>
    public string Folder { get; }

    /// <summary>The architecture.</summary>
    public GruConfig Config => _parameters.Config;

    /// <summary>What it was trained on.</summary>
    public SampleKind Samples { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Its defaults for generation.</summary>
    public GenerationConfig Defaults { get; }

    /// <summary>Ids that end a text.</summary>
    internal int[] Stops { get; }

    /// <summary>Ids that end a reply.</summary>
    internal int[] ChatStops { get; }

    /// <summary>The id read before a text: bos for lines, a new line in a stream.</summary>
    internal int Opening { get; }

    /// <summary>Ids that are never generated: unknown, beginning of text, padding.</summary>
    internal int[] Never { get; }

    /// <summary>Opens a model folder for <paramref name="threads"/> threads (0: one per processor).
    /// Throws <see cref="IOException"/> for missing and <see cref="InvalidDataException"/> for damaged or disagreeing files.</summary>
    public static LanguageModel Open(string folder, int threads = 0)
    {
        FolderSwitch.Settle(folder);
        (GruParameters parameters, SampleKind samples) = ModelFile.Load(folder);
        try
        {
            string path = Path.Combine(folder, ModelFolder.TokenizerName);
            if (!File.Exists(path)) throw new FileNotFoundException($"{path}: not found; the model folder is incomplete");
            var tokenizer = Tokenizer.Load(path);
            if (tokenizer.VocabSize != parameters.Config.VocabSize)
            {
                throw new InvalidDataException(
                    $"{path}: has {tokenizer.VocabSize} pieces, but {ModelFile.ConfigName} says vocab_size {parameters.Config.VocabSize}");
            }

            var defaults = GenerationConfig.Load(folder, samples);
            return new LanguageModel(folder, (parameters, samples), tokenizer, defaults, Compute.Create(threads));
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <summary>Continues <paramref name="prompt"/>, giving the new text as it comes, never a part of a character.</summary>
    public IEnumerable<string> Generate(string prompt, GenerationOptions? options = null, CancellationToken cancel = default)
    {
        options ??= new GenerationOptions();
        using var writer = new TextWriterSession(this, options);
        writer.Read(PromptIds(prompt));
        foreach (string text in writer.Write(Stops, cancel)) yield return text;
    }

    /// <summary>Begins a chat: an exchange of turns over one carried state.</summary>
    public ChatSession StartChat(GenerationOptions? options = null) => new(this, options ?? new GenerationOptions());

    /// <summary>The tokens of a UTF-8 text as one stream, each with its log-probability given all before it, while the text is being read:
    /// memory does not depend on the text's length. A byte-order mark is dropped and CRLF becomes LF; what <see cref="TextCorpus.Open"/>
    /// reads is clean already. One text at a time.</summary>
    public IEnumerable<ScoredToken> Score(Stream utf8, CancellationToken cancel = default) =>
        TextScoring.Tokens(
            _scorer ??= new GruLanguageModel(_parameters, _compute, new ModelOptions { Samples = Samples }),
            Tokenizer,
            utf8 is CorpusStream ? utf8 : new CleanedText(utf8, "the text", packed: false, cancel),
            cancel);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The scorer owns the parameters when there is one.
        if (_scorer is not null) _scorer.Dispose();
        else _parameters.Dispose();
        _compute.Dispose();
    }

    /// <summary>A new decoding session over the model's weights.</summary>
    internal DecodingSession NewSession() => new(_parameters, _compute);

    /// <summary>A prompt as the model was trained to see one: lines begin with bos; in a stream a new line stands before the
    /// prompt.</summary>
    internal List<int> PromptIds(string prompt)
    {
        List<int> ids = [Opening];
        ids.AddRange(Tokenizer.Encode(prompt));
        return ids;
    }

    // A new line, after which any text may begin; where the tokenizer has no piece for it, what marks the beginning or end of a text.
    private static int StreamOpening(Tokenizer tokenizer) =>
        tokenizer.TryGetId("\n", out int newLine) && newLine != tokenizer.UnkId
            ? newLine
            : Math.Max(Math.Max(tokenizer.BosId, tokenizer.EosId), 0);

    private int[] IdsOf(IEnumerable<string> pieces) =>
        [.. pieces.Select(p => Tokenizer.TryGetId(p, out int id) ? id : -1).Where(id => id >= 0 && id != Tokenizer.UnkId)];
}
