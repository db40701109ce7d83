// grulm export: a model folder becomes what other programs open. What --to may say is a list of targets, a small class each.

using System.CommandLine;
using System.Globalization;
using GruLM.Formats;

namespace GruLM.Cli.Commands;

internal static class ExportCommand
{
    // In the order in which help shows them.
    private static readonly IExportTarget[] s_targets =
        [new PyTorchTarget(), new OnnxTarget(), new SafetensorsTarget(), new HuggingFaceTarget(), new HtmlTarget()];

    public static GrulmCommand Create()
    {
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        Option<string?> to = Flags.OptionalOneOf(
            "--to", [.. s_targets.Select(target => target.Name)],
            "what for: " + string.Join("; ", s_targets.Select(target => target.Help)));
        to.Required = true;
        Option<string> path = Flags.RequiredText(
            "--out", "FILE|DIR", "the file to write, which is replaced; for huggingface a folder", "-o");
        Option<string> type = Flags.OneOf(
            "--type", ["fp32", "fp16", "bf16"], "fp32", "the numbers in safetensors files");
        Option<bool> withCode = Flags.Switch(
            "--with-code", $"with --to pytorch: also write {ModelExport.CodeName}, which loads it, into the same folder");
        return new GrulmCommand(
            "export",
            "Write a model for PyTorch, ONNX runtimes or safetensors, as a folder for Hugging Face, or as a page that works by itself.",
            [
                "grulm export --model model --to pytorch --out model.pt --with-code",
                "grulm export --model model --to onnx --out model.onnx",
                "grulm export --model model --to safetensors --out model-fp16.safetensors --type fp16",
                "grulm export --model model --to huggingface --out my-model",
                "grulm export --model model --to html --out model.html",
            ],
            [model, to, path, type, withCode],
            (flags, session) =>
            {
                IExportTarget target = s_targets.First(target => target.Name == flags.GetValue(to));
                if (flags.Given(type) && !target.HasType) throw new UsageException($"--type does not go with --to {target.Name}");
                if (flags.GetValue(withCode) && !target.HasCode) throw new UsageException("--with-code goes with --to pytorch");
                var settings = new ExportSettings
                {
                    Model = flags.GetValue(model)!,
                    Out = flags.GetValue(path)!,
                    Type = flags.GetValue(type) switch { "fp16" => TensorType.F16, "bf16" => TensorType.BF16, _ => TensorType.F32 },
                    WithCode = flags.GetValue(withCode),
                };
                foreach (string file in target.Write(settings, session.Stop)) session.Error.WriteLine($"written: {file}, {Size(file)}");
                return ExitCode.Done;
            });
    }

    private static string Size(string file)
    {
        long bytes = new FileInfo(file).Length;
        return bytes < 1_000_000
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} KB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:#,0.0} MB");
    }
}
