// grulm import: weights of another program, or of ours in another form, become a model folder.

using System.CommandLine;
using GruLM.Model;

namespace GruLM.Cli.Commands;

internal static class ImportCommand
{
    public static GrulmCommand Create()
    {
        Option<string> weights = Flags.RequiredText(
            "--weights", "FILE|DIR", "a .pt file of torch.save, a .safetensors file, its .index.json, or a folder with one of these");
        Option<string?> tokenizer = Flags.Text(
            "--tokenizer", "FILE", "a SentencePiece model (default: tokenizer.model beside the weights)");
        Option<string?> map = Flags.Text(
            "--map", "FILE", "names of tensors: a JSON object {\"their.name\": \"our.name\"}; an empty name leaves a tensor out");
        Option<string> outDir = Flags.RequiredText("--out-dir", "DIR", "the model folder to make");
        Option<bool> overwrite = Flags.Switch("--overwrite", "replace the model in --out-dir");
        Option<bool> residual = Flags.Switch(
            "--residual",
            "layers above the first add to what they read, which tensors do not show (default: as config.json beside them says)");
        Option<bool> noResidual = Flags.Switch("--no-residual", "the opposite of --residual");
        Option<string?> samples = Flags.OptionalOneOf(
            "--samples", ["stream", "lines"],
            "what it was trained on (default: as config.json beside the weights says; else lines for the Python original, and a stream)");
        Option<double?> dropout = Flags.OptionalNumber(
            "--dropout", 0, 1, "the dropout that it was trained with (default: as config.json beside the weights says, else 0)");
        return new GrulmCommand(
            "import",
            "Make a model folder from weights of PyTorch, safetensors or Hugging Face.",
            [
                "grulm import --weights grulm.pt --tokenizer tokenizer.model --out-dir model",
                "grulm import --weights model.safetensors --tokenizer tokenizer.model --map names.json --out-dir model",
                "grulm import --weights from-hugging-face --out-dir model",
            ],
            [weights, tokenizer, map, outDir, overwrite, residual, noResidual, samples, dropout],
            (flags, session) =>
            {
                if (flags.GetValue(residual) && flags.GetValue(noResidual))
                {
                    throw new UsageException("--residual and --no-residual are opposites; give one of them");
                }

                string folder = flags.GetValue(outDir)!;
                (GruConfig config, SampleKind kind) = ModelImport.Run(
                    new ImportSettings
                    {
                        Weights = flags.GetValue(weights)!,
                        Tokenizer = flags.GetValue(tokenizer),
                        Map = flags.GetValue(map),
                        OutDir = folder,
                        Overwrite = flags.GetValue(overwrite),
                        Residual = flags.GetValue(residual) ? true : flags.GetValue(noResidual) ? false : null,
                        Samples = flags.GetValue(samples) switch { "stream" => SampleKind.Stream, "lines" => SampleKind.Lines, _ => null },
                        Dropout = flags.GetValue(dropout),
                    },
                    session.Stop);
                string lines = config.Opening ? "lines" : "lines without an opening token";
                string on = kind == SampleKind.Lines ? lines : "a stream";
                string tied = config.TieWeights ? "tied" : "untied", extras = Report.ModelDescription.LayerExtras(config);
                session.Error.WriteLine(
                    $"model in {folder}: embedding {config.EmbeddingDim}, GRU {config.NumLayers} x {config.HiddenDim}{extras}, "
                    + $"{config.VocabSize} pieces, {tied}, trained on {on}");
                return ExitCode.Done;
            });
    }
}
