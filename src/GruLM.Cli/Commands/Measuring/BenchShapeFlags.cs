// The flags on the sizes that grulm bench gru, train and generate measure. Layers alone have no vocabulary, and a text that is generated
// has neither lanes nor windows.

using System.CommandLine;
using GruLM.Cli.Bench;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Cli.Commands;

/// <summary>The flags on sizes of the measurement called <paramref name="name"/>, which takes <paramref name="steps"/> steps by
/// default.</summary>
internal sealed class BenchShapeFlags(string name, int steps)
{
    private readonly bool _hasVocabulary = name != "gru";
    private readonly Option<int> _vocabSize = Flags.Int("--vocab-size", 2, GruConfig.MaxVocabSize, 8192, "vocabulary");
    private readonly Option<int?> _embeddingDim = Flags.OptionalInt(
        "--emb-dim", 1, GruConfig.MaxWidth,
        name == "train"
            ? "length of an embedding (default: as --hidden-dim, and tied)"
            : "length of an embedding (default: as --hidden-dim)");
    private readonly Option<int> _hiddenDim = Flags.Int("--hidden-dim", 1, GruConfig.MaxWidth, 512, "units in each GRU layer");
    private readonly Option<int> _numLayers = Flags.Int("--num-layers", 1, GruConfig.MaxLayers, 2, "GRU layers");
    private readonly Option<int> _batchSize = Flags.Int("--batch-size", 1, 1 << 16, 32, "lanes side by side");
    private readonly Option<int> _bptt = Flags.Int("--bptt", 1, 1 << 16, 64, "tokens that a gradient reaches back");
    private readonly Option<int> _steps = Flags.Int("--steps", 1, 1_000_000, steps, "steps measured");

    private readonly Option<int> _tokens = Flags.Int("--tokens", 1, 1_000_000, steps, "tokens of each text that are measured", "--steps");
    private readonly Option<int> _promptTokens = Flags.Int(
        "--prompt-tokens", 0, 10_000_000, 0, "measure reading a prompt of so many tokens, too");
    private readonly Option<string> _weights = Flags.Weights("auto is int8");

    private readonly Option<int> _sessions = Flags.Int("--sessions", 1, 1 << 16, 1, "texts that are written at once");

    /// <summary>Whether lanes of windows are read; otherwise one token after another.</summary>
    public bool HasBatches { get; } = name != "generate";

    public IReadOnlyList<Option> Sizes =>
        _hasVocabulary ? [_vocabSize, _embeddingDim, _hiddenDim, _numLayers] : [_embeddingDim, _hiddenDim, _numLayers];

    /// <summary>For measurements that have batches.</summary>
    public IReadOnlyList<Option> Batches => [_batchSize, _bptt];

    /// <summary>For the measurement of texts.</summary>
    public IReadOnlyList<Option> Texts => [_sessions, _promptTokens, _weights];

    public Option Steps => HasBatches ? _steps : _tokens;

    public BenchShape Read(ParseResult flags)
    {
        int hiddenDim = flags.GetValue(_hiddenDim);
        return new BenchShape(
            Vocab: _hasVocabulary ? flags.GetValue(_vocabSize) : 2,
            Embedding: flags.GetValue(_embeddingDim) ?? hiddenDim,
            Hidden: hiddenDim,
            Layers: flags.GetValue(_numLayers),
            Batch: HasBatches ? flags.GetValue(_batchSize) : 1,
            Bptt: HasBatches ? flags.GetValue(_bptt) : 1,
            Steps: flags.GetValue(HasBatches ? _steps : _tokens),
            Sessions: HasBatches ? 1 : flags.GetValue(_sessions))
        {
            Weights = HasBatches ? WeightFormat.Auto : Flags.WeightsOf(flags.GetValue(_weights)!),
            PromptTokens = HasBatches ? 0 : flags.GetValue(_promptTokens),
        };
    }
}
