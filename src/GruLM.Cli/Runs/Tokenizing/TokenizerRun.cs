// grulm tokenizer encode, decode, normalize: which work is done with the lines, and where they come from and go to. The lines themselves
// pass through Pipes/LinePipe.cs.
using System.Text;
using GruLM.Cli.Pipes;
using GruLM.Formats;
using GruLM.Tokenization;

namespace GruLM.Cli.Runs;

/// <summary>Where lines come from (none: standard input) and go to (null: standard output), and on how many threads.</summary>
internal sealed record PipePlaces(IReadOnlyList<string> Inputs, string? Output, int Threads);

/// <summary>What <c>grulm tokenizer decode</c> was told.</summary>
/// <param name="Model">A .model file or a model folder.</param>
/// <param name="Input">What the lines hold.</param>
/// <param name="Json">Whether to write JSON lines.</param>
/// <param name="ExtraOptions">Steps before decoding.</param>
internal sealed record DecodeSettings(string Model, DecodeInput Input, bool Json, string ExtraOptions);

/// <summary>Runs the tokenizer commands that work on lines.</summary>
internal static class TokenizerRun
{
    /// <summary>Text to ids, pieces or JSON.</summary>
    public static int Encode(EncodeSettings settings, PipePlaces places, Session session)
    {
        Tokenizer tokenizer = Load(settings.Model);
        if (settings.Vocabulary is { } file)
        {
            InputFiles.Check([file]);
            tokenizer = tokenizer.WithVocabulary(Tokenizer.ReadVocabulary(file, settings.VocabularyThreshold));
        }

        EncodeOptions options = settings.Options;
        CheckCuts(options, tokenizer.Model.ModelType);
        var extra = ExtraOptions.Parse(settings.ExtraOptions, tokenizer);

        // Random cuts come from one stream of numbers, line after line.
        if (options.SamplingSeed is not null) places = places with { Threads = 1 };
        return Pipe(places, () => new EncodeWork(tokenizer, extra, options), session);
    }

    /// <summary>Ids or pieces to text.</summary>
    public static int Decode(DecodeSettings settings, PipePlaces places, Session session)
    {
        Tokenizer tokenizer = Load(settings.Model);
        var extra = ExtraOptions.Parse(settings.ExtraOptions, tokenizer);
        return Pipe(places, () => new DecodeWork(tokenizer, extra, settings.Input, settings.Json), session);
    }

    /// <summary>Text to normalised text, or the rules themselves.</summary>
    public static int Normalize(NormalizeSettings settings, PipePlaces places, Session session)
    {
        CheckRules(settings);
        Tokenizer? tokenizer = settings.Model is { } model ? Load(model) : null;
        ReadOnlyMemory<byte> table = tokenizer is not null ? tokenizer.Model.NormalizationTable
            : settings.RulesFile is { } file ? NormalizationRules.TableOfFile(file)
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

        Normalizer normalizer = settings.AsEncodingSees
            ? tokenizer!.Normalizer
            : NormalizationRules.CreateNormalizer(table, addDummyPrefix: false, settings.RemoveExtraWhitespaces, escapeWhitespaces: false);
        return Pipe(places, () => new NormalizeWork(normalizer), session);
    }

    /// <summary>The tokenizer of a .model file or a model folder.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal static Tokenizer Load(string place)
    {
        string path = ModelFolder.TokenizerPath(place);
        if (File.Exists(path)) return Tokenizer.Load(path);
        throw new FileNotFoundException(Directory.Exists(place)
            ? $"{place}: there is no {ModelFolder.TokenizerName} in this folder"
            : $"{place}: there is no such file or folder");
    }

    private static void CheckCuts(EncodeOptions options, ModelType type)
    {
        string kind = type.ToString().ToLowerInvariant();
        if (options.SamplingSeed is not null && type is ModelType.Char or ModelType.Word)
        {
            throw new UsageException($"--enable-sampling: a {kind} model has one cut only; random cuts need a unigram or BPE model");
        }

        if (options.SamplingSeed is null && options.NBest > 1 && type != ModelType.Unigram)
        {
            throw new UsageException($"--nbest: a {kind} model gives one cut only; the n best need a unigram model");
        }
    }

    private static void CheckRules(NormalizeSettings settings)
    {
        int given = new[] { settings.Model, settings.Rules, settings.RulesFile }.Count(source => source is not null);
        if (given > 1)
        {
            throw new UsageException(
                "--model, --normalization-rule-name and --normalization-rule-tsv exclude one another; give one of them");
        }

        if (settings.AsEncodingSees && settings.Model is null)
        {
            throw new UsageException("--use-internal-normalization goes with --model");
        }

        if (settings.RulesFile is { } file) InputFiles.Check([file]);
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
                    using FileStream? file = standard ? null : OpenUnbuffered(input);
                    before += last;
                    new LinePipe(standard ? "standard input" : input, places.Threads, newWork, Report, session.Stop)
                        .Run(file ?? session.Input, output);
                }
            });
        }
        finally
        {
            progress.Finish();
        }

        return ExitCode.Done;

        void Report(long bytes)
        {
            last = bytes;
            progress.ReportBytes(before + bytes, total);
        }
    }

    private static FileStream OpenUnbuffered(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);

    private static void WithOutput(PipePlaces places, Session session, Action<Stream> write)
    {
        if (places.Output is { } file) AtomicFile.Write(file, write);
        else write(session.Output.BaseStream);
    }
}
