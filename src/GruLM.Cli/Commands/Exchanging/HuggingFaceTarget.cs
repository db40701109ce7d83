// A target of grulm export: folders as Hugging Face has them. Writing them is the
// library's work (GruLM/Exchange).

namespace GruLM.Cli.Commands;

/// <summary><c>--to huggingface</c>.</summary>
internal sealed class HuggingFaceTarget : IExportTarget
{
    public string Name => "huggingface";

    public string Help => "huggingface, a folder with a model card";

    public bool HasType => true;

    public bool HasCode => false;

    public IReadOnlyList<string> Write(ExportSettings settings, CancellationToken stop)
    {
        ModelExport.ToHuggingFace(settings);
        return [.. Directory.EnumerateFiles(settings.Out).Order(StringComparer.Ordinal)];
    }
}
