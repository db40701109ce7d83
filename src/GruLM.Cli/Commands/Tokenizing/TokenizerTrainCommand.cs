// grulm tokenizer train: sentences in, PATH.model and PATH.vocab out. Its settings are in TokenizerTrainFlags.cs.

using System.CommandLine;
using System.Globalization;
using GruLM.Cli.Pipes;
using GruLM.Tokenization;

namespace GruLM.Cli.Commands;

internal static class TokenizerTrainCommand
{
    public static GrulmCommand Create()
    {
        var trainer = new TokenizerTrainFlags();
        Option<int> quiet = Flags.Int("--minloglevel", 0, 9, 0, "1 and above: says nothing but errors");
        Option<int?> threads = Flags.Threads();
        Option<bool> json = Flags.Json();
        return new GrulmCommand(
            "train",
            "Learn a tokenizer from text: SentencePiece's trainer, with its flags and its results.",
            [
                "grulm tokenizer train --input book.txt --model-prefix book --vocab-size 2048 --model-type bpe",
                "zcat logs.gz | grulm tokenizer train --input - --model-prefix logs --input-sentence-size 100000",
            ],
            [.. trainer.Options, quiet, threads, json],
            (flags, session) =>
            {
                TrainerOptions options = trainer.Read(flags);
                CheckInputs(options.Input, trainer.Inputs(flags));
                options.Processors = flags.GetValue(threads) ?? 0;
                return Run(options, flags.GetValue(quiet) > 0, flags.GetValue(json), session);
            });
    }

    private static int Run(TrainerOptions options, bool quiet, bool json, Session session)
    {
        string model = options.ModelPrefix + ".model", vocabulary = options.ModelPrefix + ".vocab";
        Check(options, model);
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal);
        var notes = new SentenceNotes(options);
        SentencePieceModel result;
        try
        {
            result = TokenizerTrainer.Train(options, Sentences(options.Input, notes, session), Report, session.Stop);
        }
        catch (VocabularySizeException e) when (NeedsManyCharacters(e, options))
        {
            throw new UsageException(SettingWords.ToFlags(e.Message.TrimEnd('.')) + ", or lower --character-coverage.");
        }
        finally
        {
            progress.Finish();
            if (!quiet && !session.Stop.IsCancellationRequested)
            {
                foreach (string note in notes.Lines()) session.Error.WriteLine(note);
            }
        }

        result.Save(model);
        result.SaveVocabulary(vocabulary);
        double seconds = progress.Seconds;
        string kind = result.ModelType.ToString().ToLowerInvariant();
        if (json)
        {
            JsonLine.Write(session.Output, w =>
            {
                w.WriteString("model", model);
                w.WriteString("vocab", vocabulary);
                w.WriteString("model_type", kind);
                w.WriteNumber("vocab_size", result.Count);
                w.WriteNumber("seconds", Math.Round(seconds, 3));
            });
        }

        if (!quiet)
        {
            session.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{model} and {vocabulary}: {result.Count:#,0} {kind} pieces in {seconds:0.0} s"));
        }

        return ExitCode.Done;

        void Report(TrainingProgress stage)
        {
            notes.LeftOut = stage.LeftOut;
            if (!quiet) progress.Report(() => Describe(stage));
        }
    }

    // Fewer characters make a smaller vocabulary possible, where they count at all.
    private static bool NeedsManyCharacters(VocabularySizeException error, TrainerOptions options) =>
        error.Minimum is not null && options.VocabSize < error.Minimum && options.ModelType is ModelType.Unigram or ModelType.Bpe;

    /// <summary>Throws for a file that is not there because of how the list of files was typed.</summary>
    private static void CheckInputs(IList<string> names, IReadOnlyList<string> lists)
    {
        foreach (string name in names.Where(name => name != InputFiles.StandardInput && !File.Exists(name) && !Directory.Exists(name)))
        {
            if (name != name.Trim())
            {
                throw new FileNotFoundException(
                    $"'{name}': there is no such file; commas alone part the files of --input, and a space beside one belongs to the name");
            }

            if (lists.FirstOrDefault(list => list.Contains(',', StringComparison.Ordinal) && File.Exists(list)) is { } one)
            {
                throw new FileNotFoundException(
                    $"{name}: there is no such file; commas part the files of --input, so for the file {one} write --input '\"{one}\"'");
            }

            if (lists.Any(list => list.Contains(',', StringComparison.Ordinal)))
            {
                throw new FileNotFoundException(
                    $"{name}: there is no such file; commas part the files of --input: a name that holds one is written '\"a,b.txt\"'");
            }
        }
    }

    private static void Check(TrainerOptions options, string model)
    {
        if (options.Input.Count == 0) throw new UsageException("--input names no file; give text files, or - for standard input");
        if (options.ModelPrefix.Length == 0)
        {
            throw new UsageException("--model-prefix is empty; give the path of the model without .model");
        }

        options.Validate();
        InputFiles.Check(options.Input);
        string folder = Path.GetDirectoryName(Path.GetFullPath(model))!;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{folder}: there is no such folder to write {Path.GetFileName(model)} to");
        }

        if (Directory.Exists(model)) throw new IOException($"{model}: is a folder; choose another --model-prefix");
    }

    private static string Describe(TrainingProgress progress)
    {
        string done = progress.Done > 0 ? string.Create(CultureInfo.InvariantCulture, $" {progress.Done:#,0}") : "";
        string total = progress.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {progress.Total:#,0}") : "";
        return $"{progress.Stage}{done}{total} …";
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Sentences(IEnumerable<string> inputs, SentenceNotes notes, Session session) =>
        inputs.SelectMany(input => notes.Watch(InputFiles.DisplayName(input), Lines(input, session)));

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(string input, Session session) => input == InputFiles.StandardInput
        ? SentenceReader.ReadLines(new WatchedInput(session.Input, InputFiles.DisplayName(input)), session.Stop)
        : SentenceReader.ReadFiles([input], session.Stop);
}
