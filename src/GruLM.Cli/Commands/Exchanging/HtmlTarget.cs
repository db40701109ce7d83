// A target of grulm export: a page in one file that writes text by itself. Writing it is the library's work (GruLM/Exchange).

using System.Globalization;

namespace GruLM.Cli.Commands;

/// <summary><c>--to html</c>.</summary>
internal sealed class HtmlTarget : IExportTarget
{
    public string Name => "html";

    public string Help => "html, a page in one file, which writes text in any browser";

    public bool HasType => false;

    public bool HasCode => false;

    public string Write(ExportSettings settings, CancellationToken stop)
    {
        HtmlExport.Write(settings.Model, settings.Out, stop);
        double megabytes = new FileInfo(settings.Out).Length / 1e6;
        return string.Create(CultureInfo.InvariantCulture, $"page in {settings.Out}, {megabytes:0.0} MB");
    }
}
