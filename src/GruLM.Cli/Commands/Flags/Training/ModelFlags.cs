// The flags of grulm train on the model itself: its sizes, and what its layers have besides the GRU. A model that training starts from
// (--init-from) has these already.

using System.CommandLine;
using GruLM.Model;

namespace GruLM.Cli.Commands;

/// <summary>Sizes and structure of a model.</summary>
internal sealed class ModelFlags
{
    private static readonly TextTrainingOptions s_defaults = new();

    private readonly Option<int> _embeddingDim = Flags.Int(
        "--emb-dim", 1, GruConfig.MaxWidth, s_defaults.EmbeddingDim, "length of an embedding");
    private readonly Option<int> _hiddenDim = Flags.Int(
        "--hidden-dim", 1, GruConfig.MaxWidth, s_defaults.HiddenDim, "units in each GRU layer");
    private readonly Option<int> _numLayers = Flags.Int(
        "--num-layers", 1, GruConfig.MaxLayers, s_defaults.NumLayers, "GRU layers");
    private readonly OnOffFlag _tieWeights = new(
        "tie-weights", s_defaults.TieWeights, "share the embedding's weights with the output layer");
    private readonly Option<bool> _layerNorm = Flags.Switch(
        "--layer-norm", "normalises what each layer above the first reads: for three layers and more");
    private readonly Option<bool> _residual = Flags.Switch(
        "--residual", "each layer above the first adds its states to what it was handed: two layers learn sooner so, too");

    /// <summary>Sizes, which help shows before the flags of dropout.</summary>
    public IReadOnlyList<Option> Sizes => [_embeddingDim, _hiddenDim, _numLayers];

    /// <summary>Whether weights are tied, a flag for each answer.</summary>
    public IReadOnlyList<Option> Tying => [_tieWeights.On, _tieWeights.Off];

    /// <summary>What layers above the first have besides the GRU.</summary>
    public IReadOnlyList<Option> Extras => [_layerNorm, _residual];

    public TextTrainingOptions AddTo(TextTrainingOptions options, ParseResult flags) => options with
    {
        EmbeddingDim = flags.GetValue(_embeddingDim),
        HiddenDim = flags.GetValue(_hiddenDim),
        NumLayers = flags.GetValue(_numLayers),
        TieWeights = _tieWeights.Value(flags),
        LayerNorm = flags.GetValue(_layerNorm),
        Residual = flags.GetValue(_residual),
    };
}
