// README.md of a Hugging Face folder: what the model is, its best figures where a run has left any, and how to use it.

using System.Globalization;
using System.Text;
using GruLM.Model;
using GruLM.Report;

namespace GruLM;

/// <summary>Writes model cards. Safe for several threads.</summary>
internal static class ModelCard
{
    /// <summary>The card's file name.</summary>
    public const string Name = "README.md";

    /// <summary>The card of a model, which is to be called <paramref name="title"/>.</summary>
    public static string Of(ModelParts parts, string title)
    {
        GruConfig config = parts.Parameters.Config;
        var text = new StringBuilder();
        string tied = config.TieWeights ? "tied to the embedding" : "untied", extras = ModelDescription.LayerExtras(config);
        text.Append("---\nlibrary_name: grulm\npipeline_tag: text-generation\ntags:\n- grulm\n- gru\n---\n\n");
        text.Append(CultureInfo.InvariantCulture, $"# {title}\n\n");
        text.Append("A recurrent language model (stacked GRUs, no transformer) that GruLM trained or imported.\n\n");
        text.Append("| | |\n|---|---|\n");
        text.Append(CultureInfo.InvariantCulture, $"| parameters | {parts.Parameters.Count:#,0} |\n");
        text.Append(CultureInfo.InvariantCulture, $"| vocabulary | {config.VocabSize:#,0} pieces (SentencePiece) |\n");
        text.Append(CultureInfo.InvariantCulture, $"| embedding | {config.EmbeddingDim} |\n");
        text.Append(CultureInfo.InvariantCulture, $"| GRU layers | {config.NumLayers} x {config.HiddenDim}{extras} |\n");
        text.Append(CultureInfo.InvariantCulture, $"| output layer | {tied} |\n");
        text.Append(CultureInfo.InvariantCulture, $"| trained on | {(parts.Samples == SampleKind.Lines ? "lines" : "a stream")} |\n\n");
        AppendFigures(text, parts.Folder);
        text.Append("## Use\n\nThis is a model folder of GruLM: `grulm generate`, `grulm chat` and `grulm show` take it as it is.\n");
        return text.ToString();
    }

    private static void AppendFigures(StringBuilder text, string folder)
    {
        if (!RunHistory.IsIn(folder)) return;
        var history = RunHistory.Read(folder);
        EvaluatedStep[] evaluations = [.. history.Evaluations.Where(e => double.IsFinite(e.Nll)).OrderBy(e => e.Nll)];
        if (evaluations is not [var best, ..]) return;
        text.Append("## Held-out figures of its training\n\n");
        text.Append("| step | NLL (nats a token) | perplexity | bits a byte | token accuracy |\n|---|---|---|---|---|\n");
        text.Append(CultureInfo.InvariantCulture, $"| {best.Step:0} | {best.Nll:0.0000} | {best.Perplexity:0.00} ");
        text.Append(CultureInfo.InvariantCulture, $"| {best.BitsPerByte:0.0000} | {best.TokenAccuracy:0.000} |\n\n");
    }
}
