// A target of grulm export: a page in one file that writes text by itself. Writing it is the library's work (GruLM/Exchange).

namespace GruLM.Cli.Commands;

/// <summary><c>--to html</c>.</summary>
internal sealed class HtmlTarget : IExportTarget
{
    public string Name => "html";

    public string Help => "html, a page in one file, which writes text in any browser";

    public bool HasType => false;

    public bool HasCode => false;

    public IReadOnlyList<string> Write(ExportSettings settings, CancellationToken stop)
    {
        HtmlExport.Write(settings.Model, settings.Out, stop);
        return [settings.Out];
    }
}
