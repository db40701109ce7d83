// The flags of grulm tokenizer normalize, under spm_normalize's names where it has them. The work is the library's.

using System.CommandLine;
using System.Text;
using GruLM.Cli.Pipes;
using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

internal sealed class TokenizerNormalizeCommand
{
    private readonly PipeFlags _pipe = new();
    private readonly Option<string?> _model = Flags.Text("--model", "FILE|DIR", "normalise as this model does", null, "-m");
    private readonly Option<string?> _rules = Flags.Text(
        "--normalization-rule-name", "NAME",
        "normalise by these rules: nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf or identity (default nmt_nfkc)").WithUnderscores();
    private readonly Option<string?> _rulesFile = Flags.Text(
        "--normalization-rule-tsv", "FILE", "normalise by rules of your own").WithUnderscores();
    private readonly Option<bool> _asEncodingSees = Flags.Switch(
        "--use-internal-normalization", "with --model: exactly what encoding sees, with its spaces and U+2581").WithUnderscores();
    private readonly Option<string> _extraSpaces = Flags.OneOf(
        "--remove-extra-whitespaces", ["true", "false"], "true",
        "makes runs of spaces one and drops those at the ends").WithUnderscores();
    private readonly Option<bool> _decompile = Flags.Switch("--decompile", "writes the rules themselves, as a TSV file");
    private readonly Option<string> _compat = Flags.OneOf(
        "--compat", ["0.1", "0.2"], "0.2", "the SentencePiece release whose Unicode tables to use");

    private TokenizerNormalizeCommand()
    {
    }

    public static GrulmCommand Create()
    {
        var normalize = new TokenizerNormalizeCommand();
        return new GrulmCommand(
            "normalize",
            "Normalise lines of text as a tokenizer does before it cuts them.",
            [
                "grulm tokenizer normalize --model book.model < book.txt",
                "grulm tokenizer normalize --normalization-rule-name nfkc --decompile > nfkc.tsv",
            ],
            [normalize._pipe.Files, .. normalize.Options, .. normalize._pipe.Options],
            normalize.Run);
    }

    private IReadOnlyList<Option> Options => [_model, _rules, _rulesFile, _asEncodingSees, _extraSpaces, _decompile, _compat];

    private int Run(ParseResult flags, Session session)
    {
        Check(flags);
        Tokenizer? tokenizer = flags.GetValue(_model) is { } model ? TokenizerCommand.Load(model) : null;
        ReadOnlyMemory<byte> table = tokenizer?.Model.NormalizationTable ?? Table(flags);
        LinePlaces places = _pipe.Read(flags);
        if (flags.GetValue(_decompile))
        {
            places.Write(session, output =>
            {
                using var lines = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
                CharsMapBuilder.FromTable(table.Span).WriteTsv(lines);
            });
            return ExitCode.Done;
        }

        bool spaces = flags.GetValue(_extraSpaces) == "true";
        Normalizer normalizer = flags.GetValue(_asEncodingSees)
            ? tokenizer!.Normalizer
            : NormalizationRules.CreateNormalizer(
                table, addDummyPrefix: false, removeExtraWhitespaces: spaces, escapeWhitespaces: false);
        places.Run(session, (lines, input, output) => lines.Normalize(normalizer, input, output, session.Stop));
        return ExitCode.Done;
    }

    private ReadOnlyMemory<byte> Table(ParseResult flags)
    {
        if (flags.GetValue(_rulesFile) is { } file) return NormalizationRules.TableOfFile(file);
        Compatibility compat = flags.GetValue(_compat) == "0.1" ? Compatibility.V01 : Compatibility.V02;
        return NormalizationRules.Table(flags.GetValue(_rules) ?? "nmt_nfkc", compat);
    }

    private void Check(ParseResult flags)
    {
        string? model = flags.GetValue(_model), file = flags.GetValue(_rulesFile);
        if (new[] { model, flags.GetValue(_rules), file }.Count(source => source is not null) > 1)
        {
            throw new UsageException(
                "--model, --normalization-rule-name and --normalization-rule-tsv exclude one another; give one of them");
        }

        if (flags.GetValue(_asEncodingSees) && model is null)
        {
            throw new UsageException("--use-internal-normalization goes with --model");
        }

        if (file is not null) InputFiles.Check([file]);
    }
}
