// The flags of grulm tokenizer encode, under spm_encode's names where it has them. The work is the library's LinePipe.

using System.CommandLine;
using GruLM.Cli.Pipes;
using GruLM.Distributed;
using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

internal sealed class TokenizerEncodeCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "encode";

    private const int MaxBest = 1024;

    private readonly PipeFlags _pipe = new();
    private readonly Option<string> _model = PipeFlags.Model();
    private readonly Option<string> _inputFormat = Flags.OneOf(
        "--input-format", ["text", "jsonl"], "text", "lines of text, or a JSON object a line with a field \"text\"").WithUnderscores();
    private readonly Option<string> _outputFormat = Flags.OneOf(
        "--output-format", ["id", "piece", "json"], "id",
        "numbers, pieces, or a JSON object a line with places in bytes").WithUnderscores();
    private readonly Option<int?> _nBest = Flags.OptionalInt(
        "--nbest", -1, MaxBest,
        "the N best cuts, a line each (unigram models); with --enable-sampling: draws from the N best, -1 from all (default 1, or -1)",
        "--nbest-size", "--nbest_size");
    private readonly Option<bool> _sampling = Flags.Switch(
        "--enable-sampling", "cuts at random: paths of the unigram lattice, BPE with merges left out").WithUnderscores();
    private readonly Option<double> _alpha = Flags.Number(
        "--alpha", 0, 1e6, 0.5, "sampling: how strongly better cuts are preferred; for BPE the share of merges left out");
    private readonly Option<ulong?> _seed = Flags.OptionalSeed(
        "--random-seed", "seed of the random cuts, of 32 bits (default: another each time)").WithUnderscores();
    private readonly Option<string?> _extraOptions = PipeFlags.ExtraOptions();
    private readonly Option<string?> _vocabulary = Flags.Text(
        "--vocabulary", "FILE", "outputs only the pieces in this file (a piece a line, optionally a TAB and its count)");
    private readonly Option<int> _threshold = Flags.Int(
        "--vocabulary-threshold", int.MinValue, int.MaxValue, 0,
        "leaves out pieces of --vocabulary with a smaller count").WithUnderscores();

    private TokenizerEncodeCommand()
    {
    }

    public static GrulmCommand Create()
    {
        var encode = new TokenizerEncodeCommand();
        return new GrulmCommand(
            Name,
            "Cut lines of text into the pieces of a tokenizer.",
            [
                "grulm tokenizer encode --model book.model < book.txt > book.ids",
                "echo \"Hello, world\" | grulm tokenizer encode --model model --output-format json",
            ],
            [encode._pipe.Files, .. encode.Options, .. encode._pipe.Options],
            encode.Run);
    }

    private IReadOnlyList<Option> Options =>
        [_model, _inputFormat, _outputFormat, _nBest, _sampling, _alpha, _seed, _extraOptions, _vocabulary, _threshold];

    private int Run(ParseResult flags, Session session)
    {
        EncodeOptions options = Read(flags);
        Tokenizer tokenizer = TokenizerCommand.Load(flags.GetValue(_model)!);
        if (flags.GetValue(_vocabulary) is { } file)
        {
            InputFiles.Check([file]);
            tokenizer = tokenizer.WithVocabulary(Tokenizer.ReadVocabulary(file, flags.GetValue(_threshold)));
        }

        LinePlaces places = _pipe.Read(flags);
        if (Join(places.Inputs, options, flags) is { } group)
        {
            new SharedLines(places, group, session, options.NBest ?? 1).Run(
                (lines, input, output) => lines.Encode(tokenizer, input, output, options, session.Stop), TextMarks.Note);
            return ExitCode.Done;
        }

        places.Run(session, (lines, input, output) => lines.Encode(tokenizer, input, output, options, session.Stop), TextMarks.Note);
        return ExitCode.Done;
    }

    // A launcher's processes share out the lines.
    private RankGroup? Join(IReadOnlyList<string> inputs, EncodeOptions options, ParseResult flags)
    {
        if (!Launcher.IsPresent) return null;
        if (options.SamplingSeed is not null)
        {
            throw new UsageException("--enable-sampling: random cuts are drawn one after another, which is the work of one process");
        }

        InputFiles.Check(inputs);
        string tokenizer = ModelFolder.TokenizerPath(flags.GetValue(_model)!);
        return SharedFiles.Join(inputs, flags.GetValue(_vocabulary) is { } vocabulary ? [tokenizer, vocabulary] : [tokenizer]);
    }

    private EncodeOptions Read(ParseResult flags)
    {
        var options = new EncodeOptions
        {
            Form = flags.GetValue(_outputFormat) switch
            {
                "piece" => EncodedForm.Piece,
                "json" => EncodedForm.Json,
                _ => EncodedForm.Id,
            },
            JsonLines = flags.GetValue(_inputFormat) == "jsonl",
            NBest = flags.GetValue(_nBest),
            SamplingSeed = flags.GetValue(_sampling) ? Seed(flags) : null,
            Alpha = (float)flags.GetValue(_alpha),
            ExtraOptions = flags.GetValue(_extraOptions)!,
        };
        options.Validate();
        return options;
    }

    private uint Seed(ParseResult flags)
    {
        ulong seed = flags.GetValue(_seed) ?? (ulong)Random.Shared.NextInt64(uint.MaxValue);
        if (seed <= uint.MaxValue) return (uint)seed;
        throw new UsageException($"--random-seed {seed}: a whole number from 0 to {uint.MaxValue} was expected");
    }
}
