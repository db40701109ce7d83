// A target of grulm export: single safetensors files. Writing them is the
// library's work (GruLM/Exchange).

namespace GruLM.Cli.Commands;

/// <summary><c>--to safetensors</c>.</summary>
internal sealed class SafetensorsTarget : IExportTarget
{
    public string Name => "safetensors";

    public string Help => "safetensors, one file of tensors";

    public bool HasType => true;

    public bool HasCode => false;

    public IReadOnlyList<string> Write(ExportSettings settings, CancellationToken stop)
    {
        ModelExport.ToSafetensors(settings);
        return [settings.Out];
    }
}
