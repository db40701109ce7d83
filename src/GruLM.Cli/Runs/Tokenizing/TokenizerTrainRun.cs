// grulm tokenizer train: sentences in, PATH.model and PATH.vocab out.
using System.Globalization;
using GruLM.Cli.Pipes;
using GruLM.Tokenization;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm tokenizer train</c>.</summary>
internal static class TokenizerTrainRun
{
    public static int Run(TrainerOptions options, bool quiet, bool json, Session session)
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
