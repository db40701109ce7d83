// The flags of grulm tokenizer normalize, under spm_normalize's names where it has them. The work is in Runs/Tokenizing/TokenizerRun.cs.

using System.CommandLine;
using GruLM.Cli.Runs;
using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

internal static class TokenizerNormalizeCommand
{
    public static GrulmCommand Create()
    {
        var pipe = new PipeFlags();
        Option<string?> model = Flags.Text("--model", "FILE|DIR", "normalise as this model does", null, "-m");
        Option<string?> rules = Flags.Text(
            "--normalization-rule-name", "NAME",
            "normalise by these rules: nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf or identity (default nmt_nfkc)").WithUnderscores();
        Option<string?> rulesFile = Flags.Text(
            "--normalization-rule-tsv", "FILE", "normalise by rules of your own").WithUnderscores();
        Option<bool> asEncodingSees = Flags.Switch(
            "--use-internal-normalization", "with --model: exactly what encoding sees, with its spaces and U+2581").WithUnderscores();
        Option<string> extraSpaces = Flags.OneOf(
            "--remove-extra-whitespaces", ["true", "false"], "true",
            "makes runs of spaces one and drops those at the ends").WithUnderscores();
        Option<bool> decompile = Flags.Switch("--decompile", "writes the rules themselves, as a TSV file");
        Option<string> compat = Flags.OneOf(
            "--compat", ["0.1", "0.2"], "0.2", "the SentencePiece release whose Unicode tables to use");
        return new GrulmCommand(
            "normalize",
            "Normalise lines of text as a tokenizer does before it cuts them.",
            [
                "grulm tokenizer normalize --model book.model < book.txt",
                "grulm tokenizer normalize --normalization-rule-name nfkc --decompile > nfkc.tsv",
            ],
            [pipe.Files, model, rules, rulesFile, asEncodingSees, extraSpaces, decompile, compat, .. pipe.Options],
            (flags, session) =>
            {
                var settings = new NormalizeSettings
                {
                    Model = flags.GetValue(model),
                    Rules = flags.GetValue(rules),
                    RulesFile = flags.GetValue(rulesFile),
                    AsEncodingSees = flags.GetValue(asEncodingSees),
                    RemoveExtraWhitespaces = flags.GetValue(extraSpaces) == "true",
                    Decompile = flags.GetValue(decompile),
                    Compat = flags.GetValue(compat) == "0.1" ? Compatibility.V01 : Compatibility.V02,
                };
                return TokenizerRun.Normalize(settings, pipe.Read(flags), session);
            });
    }
}
