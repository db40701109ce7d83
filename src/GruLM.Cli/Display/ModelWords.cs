// What a model is, in words that several commands say alike.

using GruLM.Model;

namespace GruLM.Cli;

/// <summary>Phrases about a model.</summary>
internal static class ModelWords
{
    /// <summary>What its layers have besides the GRU, each with a comma before it; nothing for plain layers.</summary>
    public static string Extras(GruConfig config)
    {
        string norm = config.LayerNorm ? ", layer-normalised" : "";
        string residual = config.Residual ? ", residual" : "";
        return norm + residual;
    }
}
