// A target of grulm export: graphs for ONNX runtimes. Writing them is the library's work (GruLM/Exchange).

namespace GruLM.Cli.Commands;

/// <summary><c>--to onnx</c>.</summary>
internal sealed class OnnxTarget : IExportTarget
{
    public string Name => "onnx";

    public string Help => "onnx, a graph with the state in and out";

    public bool HasType => false;

    public bool HasCode => false;

    public IReadOnlyList<string> Write(ExportSettings settings, CancellationToken stop)
    {
        ModelExport.ToOnnx(settings);
        return [settings.Out, .. ((string[])[settings.Out + ".data"]).Where(File.Exists)];
    }
}
