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
                options.Processors = flags.GetValue(threads) ?? 0;
                return Run(options, flags.GetValue(quiet) > 0, flags.GetValue(json), session);
            });
    }

    private static int Run(TrainerOptions options, bool quiet, bool json, Session session)
    {
        string model = options.ModelPrefix + ".model", vocabulary = options.ModelPrefix + ".vocab";
        Check(options, model);
        var progress = new ProgressLine(session.Error, session.ErrorIsTerminal);
        SentencePieceModel result;
        try
        {
            Action<TrainingProgress>? report = quiet ? null : stage => progress.Report(() => Describe(stage));
            result = TokenizerTrainer.Train(options, Sentences(options.Input, session), report, session.Stop);
        }
        finally
        {
            progress.Finish();
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

    private static IEnumerable<ReadOnlyMemory<byte>> Sentences(IEnumerable<string> inputs, Session session) =>
        inputs.SelectMany(name => name == InputFiles.StandardInput
            ? SentenceReader.ReadLines(session.Input)
            : SentenceReader.ReadFiles([name]));
}
