// Rows of the table of settings: the tokenizer, and the model itself. A model that training starts from has most of these already.

using GruLM.Model;
using GruLM.Tokenization;
using static GruLM.SettingRow;

namespace GruLM;

/// <summary>From the model to start from to what layers have besides the GRU.</summary>
internal static class ModelRows
{
    private static readonly Word<ModelType> s_kinds = new(("bpe", ModelType.Bpe), ("char", ModelType.Char));

    public static IEnumerable<Setting> All => new Setting[]
    {
        Of(
            "init-from", new OneText("DIR", isPath: true), s => s.InitFrom, (s, v) => s with { InitFrom = v },
            "a model folder whose weights, sizes and tokenizer to start from (fine-tuning)").NamingFiles().Essential(),
        Of(
            "tokenizer", new OneText("FILE|DIR", isPath: true), s => s.Tokenizer, (s, v) => s with { Tokenizer = v },
            "a SentencePiece model or a model folder whose tokenizer to use; without it one is learned").NamingFiles().OfModel(),
        Of(
            "vocab-size", new Optional<int>(new WholeNumber(1, GruConfig.MaxVocabSize)),
            s => s.VocabSize, (s, v) => s with { VocabSize = v },
            "pieces of the tokenizer that is learned (default: 2048, more for a text of many characters)").OfModel(),
        Of(
            "model-type", new Optional<ModelType>(s_kinds), s => s.ModelType, (s, v) => s with { ModelType = v },
            "kind of the tokenizer that is learned (default: bpe, or what suits the text where a recipe is chosen)").OfModel(),
        Of(
            "emb-dim", new WholeNumber(1, GruConfig.MaxWidth), s => s.EmbeddingDim, (s, v) => s with { EmbeddingDim = v },
            "length of an embedding; with tied weights it equals the units of a layer, and one of the two is enough").OfModel().Essential(),
        Of(
            "hidden-dim", new WholeNumber(1, GruConfig.MaxWidth), s => s.HiddenDim, (s, v) => s with { HiddenDim = v },
            "units in each GRU layer").OfModel().Essential(),
        Of(
            "num-layers", new WholeNumber(1, GruConfig.MaxLayers), s => s.NumLayers, (s, v) => s with { NumLayers = v },
            "GRU layers").OfModel().Essential(),
        Of(
            "tie-weights", new Switch(), s => s.TieWeights, (s, v) => s with { TieWeights = v },
            "share the embedding's weights with the output layer").OfModel(),
        Of(
            "layer-norm", new Switch(), s => s.LayerNorm, (s, v) => s with { LayerNorm = v },
            "normalises what each layer above the first reads: for three layers and more").OfModel(),
        Of(
            "residual", new Switch(), s => s.Residual, (s, v) => s with { Residual = v },
            "each layer above the first adds its states to what it was handed: two layers learn sooner so, too").OfModel(),
    }.In(SettingGroup.Model);
}
