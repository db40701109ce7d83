// grulm export: a model in a form that other programs read. The forms themselves are written by the library (GruLM/Exchange).

using System.CommandLine;
using System.Globalization;

namespace GruLM.Cli.Commands;

internal static class ExportCommand
{
    public static GrulmCommand Create()
    {
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        Option<string> to = Flags.OneOf("--to", ["html"], "html", "the form; html: a page in one file, which writes text in any browser");
        Option<string> output = Flags.RequiredText("--out", "FILE", "the file, which is replaced where there is one", "-o");
        return new GrulmCommand(
            "export",
            "Write a model in a form that other programs read: a page that works from a disk, without a server or a network.",
            ["grulm export --model model --to html --out model.html"],
            [model, to, output],
            (flags, session) =>
            {
                string path = flags.GetValue(output)!;
                HtmlExport.Write(flags.GetValue(model)!, path, session.Stop);
                session.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"page in {path}, {new FileInfo(path).Length / 1e6:0.0} MB"));
                return ExitCode.Done;
            });
    }
}
