// Rows of the table of settings: dropout in several places, and penalties on outputs.

using static GruLM.SettingRow;

namespace GruLM;

/// <summary>What keeps a model from learning its text by heart.</summary>
internal static class RegularisationRows
{
    private const double MaxDropout = 0.99;
    private const double MaxPenalty = 1e6;

    public static IEnumerable<Setting> All => new Setting[]
    {
        Of(
            "dropout", new RealNumber(0, MaxDropout), s => s.Dropout, (s, v) => s with { Dropout = v },
            "share of each layer's outputs dropped on their way to the next"),
        Of(
            "locked-dropout", new Switch(), s => s.LockedDropout, (s, v) => s with { LockedDropout = v },
            "'Dropout' drops the same outputs in all steps of a window"),
        Of(
            "input-dropout", new RealNumber(0, MaxDropout), s => s.InputDropout, (s, v) => s with { InputDropout = v },
            "share of the embeddings' outputs dropped, the same ones in all steps of a window"),
        Of(
            "output-dropout", new RealNumber(0, MaxDropout), s => s.OutputDropout, (s, v) => s with { OutputDropout = v },
            "share of the last layer's outputs dropped, the same ones in all steps of a window"),
        Of(
            "embedding-dropout", new RealNumber(0, MaxDropout), s => s.EmbeddingDropout, (s, v) => s with { EmbeddingDropout = v },
            "share of the vocabulary whose embeddings are zero for a step"),
        Of(
            "recurrent-dropout", new RealNumber(0, MaxDropout), s => s.RecurrentDropout, (s, v) => s with { RecurrentDropout = v },
            "share of the recurrent weights that are zero for a step"),
        Of(
            "ar", new RealNumber(0, MaxPenalty), s => s.ActivationPenalty, (s, v) => s with { ActivationPenalty = v },
            "penalty on the size of the last layer's outputs (activation regularisation)"),
        Of(
            "tar", new RealNumber(0, MaxPenalty), s => s.SlownessPenalty, (s, v) => s with { SlownessPenalty = v },
            "penalty on their change from step to step (temporal activation regularisation)"),
    }.In(SettingGroup.Regularisation);
}
