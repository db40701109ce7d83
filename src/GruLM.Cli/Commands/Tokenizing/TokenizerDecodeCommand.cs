// The flags of grulm tokenizer decode, under spm_decode's names where it has them. The work is the library's LinePipe.

using System.CommandLine;
using GruLM.Cli.Pipes;
using GruLM.Tokenization;

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
                Tokenizer tokenizer = TokenizerCommand.Load(flags.GetValue(model)!);
                var options = new DecodeOptions
                {
                    Input = InputNamed(flags.GetValue(inputFormat)!),
                    JsonLines = flags.GetValue(outputFormat) == "json",
                    ExtraOptions = flags.GetValue(extraOptions)!,
                };
                FirstLook? look = options.Input == DecodeInput.Text
                    ? (name, first) => ProgramName.In(DecodedWords.Note(tokenizer, name, first) ?? "") is { Length: > 0 } note ? note : null
                    : null;
                pipe.Read(flags).Run(
                    session, (lines, input, output) => lines.Decode(tokenizer, input, output, options, session.Stop), look,
                    DecodedWords.Bytes);
                return ExitCode.Done;
            });
    }

    private static DecodeInput InputNamed(string word) => word switch
    {
        "id" => DecodeInput.Id,
        "piece" => DecodeInput.Piece,
        "jsonl" => DecodeInput.JsonLines,
        _ => DecodeInput.Text,
    };
}
