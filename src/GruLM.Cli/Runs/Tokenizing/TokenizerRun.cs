// grulm tokenizer encode, decode, normalize: which work is done with the lines, and where they come from and go to. The lines themselves
// pass through Pipes/LinePipe.cs.
using System.Text;
using GruLM.Cli.Pipes;
using GruLM.Formats;
using GruLM.Tokenization;

namespace GruLM.Cli.Runs;

/// <summary>Where lines come from (none: standard input) and go to (null: standard output), and on how many threads.</summary>
internal sealed record PipePlaces(IReadOnlyList<string> Inputs, string? Output, int Threads);

/// <summary>By which rules lines are normalised.</summary>
internal sealed record NormalizeSettings
{
    public string? Model { get; init; }

    public string? Rules { get; init; }

    public string? RulesFile { get; init; }

    public bool AsEncodingSees { get; init; }

    public bool RemoveExtraWhitespaces { get; init; } = true;

    public bool Decompile { get; init; }

    public Compatibility Compat { get; init; } = Compatibility.V02;
}

/// <summary>Runs the tokenizer commands that work on lines.</summary>
internal static class TokenizerRun
{
    /// <summary>Text to ids, pieces or JSON.</summary>
    public static int Encode(
        string model, EncodeOptions options, string extraOptions, (string? File, int Threshold) vocabulary, PipePlaces places,
        Session session)
    {
        Tokenizer tokenizer = Load(model);
        if (vocabulary.File is { } file)
        {
            InputFiles.Check([file]);
            tokenizer = tokenizer.WithVocabulary(Tokenizer.ReadVocabulary(file, vocabulary.Threshold));
        }

        ModelType kind = tokenizer.Model.ModelType;
        if (options.SamplingSeed is not null && kind is ModelType.Char or ModelType.Word)
        {
            throw new UsageException($"--enable-sampling: a {Name(kind)} model has one cut only; random cuts need a unigram or BPE model");
        }

        if (options.SamplingSeed is null && options.NBest > 1 && kind != ModelType.Unigram)
        {
            throw new UsageException($"--nbest: a {Name(kind)} model gives one cut only; the n best need a unigram model");
        }

        var extra = ExtraOptions.Parse(extraOptions, tokenizer);

        // Random cuts come from one stream of numbers, line after line.
        return Pipe(options.SamplingSeed is null ? places : places with { Threads = 1 }, () => new EncodeWork(tokenizer, extra, options),
            session);
    }

    /// <summary>Ids or pieces to text.</summary>
    public static int Decode(string model, DecodeInput input, bool json, string extraOptions, PipePlaces places, Session session)
    {
        Tokenizer tokenizer = Load(model);
        var extra = ExtraOptions.Parse(extraOptions, tokenizer);
        return Pipe(places, () => new DecodeWork(tokenizer, extra, input, json), session);
    }

    /// <summary>Text to normalised text, or the rules themselves.</summary>
    public static int Normalize(NormalizeSettings settings, PipePlaces places, Session session)
    {
        int given = new[] { settings.Model, settings.Rules, settings.RulesFile }.Count(s => s is not null);
        if (given > 1)
        {
            throw new UsageException(
                "--model, --normalization-rule-name and --normalization-rule-tsv exclude one another; give one of them");
        }

        if (settings.AsEncodingSees && settings.Model is null)
        {
            throw new UsageException("--use-internal-normalization goes with --model");
        }

        if (settings.RulesFile is { } file)
        {
            InputFiles.Check([file]);
        }

        Tokenizer? tokenizer = settings.Model is { } model ? Load(model) : null;
        ReadOnlyMemory<byte> table = tokenizer is not null ? tokenizer.Model.NormalizationTable
            : settings.RulesFile is { } rules ? NormalizationRules.TableOfFile(rules)
            : NormalizationRules.Table(settings.Rules ?? "nmt_nfkc", settings.Compat);
        if (settings.Decompile)
        {
            WithOutput(places, session, output =>
            {
                using var lines = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
                CharsMapBuilder.FromTable(table.Span).WriteTsv(lines);
            });
            return ExitCode.Done;
        }

        Normalizer normalizer = settings.AsEncodingSees ? tokenizer!.Normalizer
            : NormalizationRules.CreateNormalizer(table, addDummyPrefix: false, settings.RemoveExtraWhitespaces, escapeWhitespaces: false);
        return Pipe(places, () => new NormalizeWork(normalizer), session);
    }

    /// <summary>The tokenizer of a .model file or a model folder.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal static Tokenizer Load(string place)
    {
        string path = ModelFolder.TokenizerPath(place);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(Directory.Exists(place)
                ? $"{place}: there is no {ModelFolder.TokenizerName} in this folder"
                : $"{place}: there is no such file or folder");
        }

        return Tokenizer.Load(path);
    }

    private static int Pipe(PipePlaces places, Func<ILineWork> newWork, Session session)
    {
        IReadOnlyList<string> inputs = places.Inputs.Count == 0 ? [InputFiles.StandardInput] : places.Inputs;
        InputFiles.Check(inputs);
        long total = InputFiles.TotalBytes(inputs), before = 0, last = 0;

        // Where results and progress share a terminal, progress would be written over results.
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal && (places.Output is not null || !session.OutputIsTerminal));
        try
        {
            WithOutput(places, session, output =>
            {
                foreach (string input in inputs)
                {
                    bool standard = input == InputFiles.StandardInput;
                    using FileStream? stream = standard
                        ? null
                        : new FileStream(input, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
                    before += last;
                    new LinePipe(standard ? "standard input" : input, places.Threads, newWork,
                        bytes => progress.ReportBytes(before + (last = bytes), total), session.Stop)
                        .Run(stream ?? session.Input, output);
                }
            });
        }
        finally
        {
            progress.Finish();
        }

        return ExitCode.Done;
    }

    private static void WithOutput(PipePlaces places, Session session, Action<Stream> write)
    {
        if (places.Output is { } file)
        {
            AtomicFile.Write(file, write);
        }
        else
        {
            write(session.Output.BaseStream);
        }
    }

    private static string Name(ModelType kind) => kind.ToString().ToLowerInvariant();
}
