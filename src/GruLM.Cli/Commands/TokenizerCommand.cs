// The flags of grulm tokenizer encode, decode, normalize and show, under spm_encode's names where it has them. The work is in
// Runs/TokenizerRun.cs.
using System.CommandLine;
using GruLM.Cli.Pipes;
using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class TokenizerCommand
{
    public static GrulmCommand Create() => new(
        "tokenizer",
        "Learn and use tokenizers: SentencePiece models, to and from text.",
        ["grulm tokenizer train --input book.txt --model-prefix book --vocab-size 2048 --model-type bpe",
        "grulm tokenizer encode --model book.model < book.txt > book.ids"],
        TokenizerTrainCommand.Create(), Encode(), Decode(), Normalize(), Show());

    private static GrulmCommand Encode()
    {
        var pipe = new PipeFlags();
        Option<string> model = Model();
        Option<string> inputFormat = Flags.OneOf("--input-format", ["text", "jsonl"], "text",
            "lines of text, or a JSON object a line with a field \"text\"").WithUnderscores();
        Option<string> outputFormat = Flags.OneOf("--output-format", ["id", "piece", "json"], "id",
            "numbers, pieces, or a JSON object a line with places in bytes").WithUnderscores();
        Option<int?> nbest = Flags.OptionalInt("--nbest", -1, 1024,
            "the N best cuts, a line each (unigram models); with --enable-sampling: draws from the N best, -1 from all (default 1, or -1)",
            "--nbest-size", "--nbest_size");
        Option<bool> sampling = Flags.Switch("--enable-sampling", "cuts at random: paths of the unigram lattice, BPE with merges left out")
            .WithUnderscores();
        Option<double> alpha = Flags.Number("--alpha", 0, 1e6, 0.5,
            "sampling: how strongly better cuts are preferred; for BPE the share of merges left out");
        Option<int?> seed = Flags.OptionalInt("--random-seed", 0, int.MaxValue, "seed of the random cuts (default: another each time)")
            .WithUnderscores();
        Option<string?> extra = Extra();
        Option<string?> vocabulary = Flags.Text("--vocabulary", "FILE",
            "outputs only the pieces in this file (a piece a line, optionally a TAB and its count)");
        Option<int> threshold = Flags.Int("--vocabulary-threshold", int.MinValue, int.MaxValue, 0,
            "leaves out pieces of --vocabulary with a smaller count").WithUnderscores();
        return new GrulmCommand(
            "encode",
            "Cut lines of text into the pieces of a tokenizer.",
            ["grulm tokenizer encode --model book.model < book.txt > book.ids",
            "echo \"Hello, world\" | grulm tokenizer encode --model model --output-format json"],
            [.. pipe.First, model, inputFormat, outputFormat, nbest, sampling, alpha, seed, extra, vocabulary, threshold, .. pipe.Rest],
            (flags, session) =>
            {
                bool random = flags.GetValue(sampling);
                if (!random && flags.GetValue(nbest) < 1)
                {
                    throw new UsageException(
                        $"--nbest {flags.GetValue(nbest)}: without --enable-sampling a number from 1 to 1024 was expected");
                }

                if (random && flags.GetValue(nbest) > 512)
                {
                    throw new UsageException(
                        $"--nbest {flags.GetValue(nbest)}: with --enable-sampling a number from -1 to 512 was expected");
                }

                var options = new EncodeOptions
                {
                    Form = flags.GetValue(outputFormat) switch
                    {
                        "piece" => EncodedForm.Piece,
                        "json" => EncodedForm.Json,
                        _ => EncodedForm.Id
                    },
                    JsonLines = flags.GetValue(inputFormat) == "jsonl",
                    NBest = flags.GetValue(nbest) ?? (random ? -1 : 1),
                    SamplingSeed = random ? (uint)(flags.GetValue(seed) ?? Random.Shared.Next()) : null,
                    Alpha = (float)flags.GetValue(alpha),
                };
                return TokenizerRun.Encode(
                    flags.GetValue(model)!, options, flags.GetValue(extra)!, (flags.GetValue(vocabulary), flags.GetValue(threshold)),
                    pipe.Read(flags), session);
            });
    }

    private static GrulmCommand Decode()
    {
        var pipe = new PipeFlags();
        Option<string> model = Model();
        Option<string> inputFormat = Flags.OneOf(
            "--input-format", ["text", "id", "piece", "jsonl"], "text",
            "text: ids where a line is numbers only, otherwise pieces; id or piece: always these; jsonl: a JSON object a line with a field \"ids\" or \"pieces\"").WithUnderscores();
        Option<string> outputFormat = Flags.OneOf("--output-format", ["text", "json"], "text",
            "lines of text, or a JSON object a line with a field \"text\"").WithUnderscores();
        Option<string?> extra = Extra();
        return new GrulmCommand(
            "decode",
            "Put ids or pieces together to text.",
            ["grulm tokenizer decode --model book.model < book.ids",
            "echo \"17 4 9\" | grulm tokenizer decode --model model --output-format json"],
            [.. pipe.First, model, inputFormat, outputFormat, extra, .. pipe.Rest],
            (flags, session) =>
            {
                DecodeInput input = flags.GetValue(inputFormat) switch
                {
                    "id" => DecodeInput.Id,
                    "piece" => DecodeInput.Piece,
                    "jsonl" => DecodeInput.JsonLines,
                    _ => DecodeInput.Text,
                };
                return TokenizerRun.Decode(
                    flags.GetValue(model)!, input, flags.GetValue(outputFormat) == "json", flags.GetValue(extra)!, pipe.Read(flags),
                    session);
            });
    }

    private static GrulmCommand Normalize()
    {
        var pipe = new PipeFlags();
        Option<string?> model = Flags.Text("--model", "FILE|DIR", "normalise as this model does", null, "-m");
        Option<string?> rules = Flags.Text("--normalization-rule-name", "NAME",
            "normalise by these rules: nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf or identity (default nmt_nfkc)").WithUnderscores();
        Option<string?> tsv = Flags.Text("--normalization-rule-tsv", "FILE", "normalise by rules of your own").WithUnderscores();
        Option<bool> asIs = Flags.Switch("--use-internal-normalization",
            "with --model: exactly what encoding sees, with its spaces and U+2581").WithUnderscores();
        Option<string> extraSpaces = Flags.OneOf("--remove-extra-whitespaces", ["true", "false"], "true",
            "makes runs of spaces one and drops those at the ends").WithUnderscores();
        Option<bool> decompile = Flags.Switch("--decompile", "writes the rules themselves, as a TSV file");
        Option<string> compat = Flags.OneOf("--compat", ["0.1", "0.2"], "0.2", "the SentencePiece release whose Unicode tables to use");
        return new GrulmCommand(
            "normalize",
            "Normalise lines of text as a tokenizer does before it cuts them.",
            ["grulm tokenizer normalize --model book.model < book.txt",
            "grulm tokenizer normalize --normalization-rule-name nfkc --decompile > nfkc.tsv"],
            [.. pipe.First, model, rules, tsv, asIs, extraSpaces, decompile, compat, .. pipe.Rest],
            (flags, session) => TokenizerRun.Normalize(
                new NormalizeSettings
                {
                    Model = flags.GetValue(model),
                    Rules = flags.GetValue(rules),
                    RulesFile = flags.GetValue(tsv),
                    AsEncodingSees = flags.GetValue(asIs),
                    RemoveExtraWhitespaces = flags.GetValue(extraSpaces) == "true",
                    Decompile = flags.GetValue(decompile),
                    Compat = flags.GetValue(compat) == "0.1" ? Tokenization.Compatibility.V01 : Tokenization.Compatibility.V02,
                },
                pipe.Read(flags), session));
    }

    private static GrulmCommand Show()
    {
        var place = new Argument<string?>("FILE|DIR") { Description = "a .model file or a model folder", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> model = Flags.Text("--model", "FILE|DIR", "the same", null, "-m");
        Option<bool> pieces = Flags.Switch("--pieces", "every piece: number, piece, score, kind");
        Option<bool> json = Flags.Json();
        return new GrulmCommand(
            "show",
            "Show what a tokenizer is: its pieces, settings and specimen texts.",
            ["grulm tokenizer show book.model", "grulm tokenizer show book.model --pieces"],
            [place, model, pieces, json],
            (flags, session) => TokenizerShowRun.Run(
                flags.GetValue(place) ?? flags.GetValue(model)
                ?? throw new UsageException("FILE|DIR is missing; see 'grulm tokenizer show --help'"),
                flags.GetValue(pieces), flags.GetValue(json), session.Output));
    }

    private static Option<string> Model() => Flags.RequiredText("--model", "FILE|DIR", "a .model file or a model folder", "-m");

    private static Option<string?> Extra() =>
        Flags.Text("--extra-options", "bos:eos:reverse:unk", "steps after encoding or before decoding, in this order", "")
        .WithUnderscores();

    /// <summary>Where lines come from and go to.</summary>
    private sealed class PipeFlags
    {
        private readonly Argument<string[]> _files = new("FILE")
        {
            Description = "files to read (default: standard input)",
            Arity = ArgumentArity.ZeroOrMore,
            HelpName = "FILE"
        };
        private readonly Option<string[]> _input = Flags.Texts("--input", "FILE", "the same");
        private readonly Option<string?> _output = Flags.Text("--output", "FILE", "file to write (default: standard output)", null, "-o");
        private readonly Option<int?> _threads = Flags.Threads();

        public IEnumerable<Symbol> First => [_files];

        public IEnumerable<Symbol> Rest => [_input, _output, _threads];

        public PipePlaces Read(ParseResult flags) => new(
            [.. flags.GetValue(_input)!, .. flags.GetValue(_files)!], flags.GetValue(_output),
            flags.GetValue(_threads) ?? Environment.ProcessorCount);
    }
}
