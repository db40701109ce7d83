// A target of grulm export: state_dict files of PyTorch. Writing them is the
// library's work (GruLM/Exchange).

namespace GruLM.Cli.Commands;

/// <summary><c>--to pytorch</c>.</summary>
internal sealed class PyTorchTarget : IExportTarget
{
    public string Name => "pytorch";

    public string Help => "pytorch, a state_dict for torch.load";

    public bool HasType => false;

    public bool HasCode => true;

    public IReadOnlyList<string> Write(ExportSettings settings, CancellationToken stop)
    {
        ModelExport.ToPyTorch(settings);
        if (!settings.WithCode) return [settings.Out];
        return [settings.Out, Path.Combine(Path.GetDirectoryName(settings.Out) ?? "", ModelExport.CodeName)];
    }
}
