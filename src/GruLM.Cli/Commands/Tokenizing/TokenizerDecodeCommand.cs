// The flags of grulm tokenizer decode, under spm_decode's names where it has them. The work is in Runs/Tokenizing/TokenizerRun.cs.

using System.CommandLine;
using GruLM.Cli.Pipes;
using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class TokenizerDecodeCommand
{
    public static GrulmCommand Create()
    {
        var pipe = new PipeFlags();
        Option<string> model = PipeFlags.Model();
        Option<string> inputFormat = Flags.OneOf(
            "--input-format", ["text", "id", "piece", "jsonl"], "text",
            "text: ids where a line is numbers only, otherwise pieces; id or piece: always these; "
            + "jsonl: a JSON object a line with a field \"ids\" or \"pieces\"").WithUnderscores();
        Option<string> outputFormat = Flags.OneOf(
            "--output-format", ["text", "json"], "text",
            "lines of text, or a JSON object a line with a field \"text\"").WithUnderscores();
        Option<string?> extraOptions = PipeFlags.ExtraOptions();
        return new GrulmCommand(
            "decode",
            "Put ids or pieces together to text.",
            [
                "grulm tokenizer decode --model book.model < book.ids",
                "echo \"17 4 9\" | grulm tokenizer decode --model model --output-format json",
            ],
            [pipe.Files, model, inputFormat, outputFormat, extraOptions, .. pipe.Options],
            (flags, session) =>
            {
                DecodeInput input = flags.GetValue(inputFormat) switch
                {
                    "id" => DecodeInput.Id,
                    "piece" => DecodeInput.Piece,
                    "jsonl" => DecodeInput.JsonLines,
                    _ => DecodeInput.Text,
                };
                var settings = new DecodeSettings(
                    flags.GetValue(model)!, input, flags.GetValue(outputFormat) == "json", flags.GetValue(extraOptions)!);
                return TokenizerRun.Decode(settings, pipe.Read(flags), session);
            });
    }
}
