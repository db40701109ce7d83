// A target of grulm export: graphs for ONNX runtimes. Writing them is the library's work (GruLM/Exchange).

namespace GruLM.Cli.Commands;

/// <summary><c>--to onnx</c>.</summary>
internal sealed class OnnxTarget : IExportTarget
{
    public string Name => "onnx";

    public string Help => "onnx, a graph with the state in and out";

    public bool HasType => false;

    public bool HasCode => false;

    public string Write(ExportSettings settings, CancellationToken stop)
    {
        ModelExport.ToOnnx(settings);
        return $"written: {settings.Out}";
    }
}
