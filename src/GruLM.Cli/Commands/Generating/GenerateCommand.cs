// grulm generate: text from a model, shown as it comes.

using System.CommandLine;
using System.Text;
using GruLM.Cli.Pipes;
using GruLM.Corpus;

namespace GruLM.Cli.Commands;

internal static class GenerateCommand
{
    public static GrulmCommand Create()
    {
        var generate = new GenerateFlags();
        return new GrulmCommand(
            "generate",
            "Continue a text.",
            [
                "grulm generate --model model --prompt \"Once upon a time\"",
                "grulm generate -m model -p \"ROMEO:\" -n 500 --temperature 0.7 --seed 1",
                "grulm generate --model names --completions 20 --new",
            ],
            generate.Options,
            (flags, session) => Run(generate.Read(flags), generate.Generation, flags, session));
    }

    private static int Run(GenerateCall call, GenerationFlags generation, ParseResult flags, Session session)
    {
        new KeptState(call.State, session).Check();
        List<string> prompts = [.. call.Prompts.Select(prompt => TextCorpus.Clean(call.Escape ? EscapedText.Read(prompt) : prompt))];
        if (call.File is { } path) prompts.Add(ReadPrompt(path, session));
        GenerationOptions options = generation.Read(flags, call.Model) with { LogProbs = call.LogProbs };
        if (call.Escape) options = options with { Stop = [.. options.Stop.Select(EscapedText.Read)] };
        using var model = LanguageModel.Open(call.Model, call.Threads, call.Device, call.Weights);
        var writing = new GeneratedTexts(model, options, call, session);
        bool asks = prompts.Count == 0 && call.State is null && !call.Json && call is { Completions: null, OnlyNew: false, Beam: null }
            && session.ErrorIsTerminal && !Console.IsInputRedirected;
        if (asks) return new PromptLoop(session).Run(writing.Write);
        if (prompts.Count == 0) prompts.Add("");
        foreach (string prompt in prompts)
        {
            writing.Write(prompt, session.Stop);
            if (session.Stop.IsCancellationRequested) return ExitCode.Stopped;
        }

        return ExitCode.Done;
    }

    // Read as the text of a corpus is. The line end at a file's end is the file's, not the prompt's.
    private static string ReadPrompt(string path, Session session)
    {
        InputFiles.Check([path]);
        var options = new CorpusOptions
        {
            Format = CorpusFormat.Plain,
            StandardInput = session.Input,
            Notice = notice => session.Error.WriteLine("note: " + SettingWords.ToFlags(notice)),
        };
        using Stream prompt = TextCorpus.Open(path, options, session.Stop);
        using var reader = new StreamReader(prompt, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false);
        string text = reader.ReadToEnd();
        return text.EndsWith('\n') ? text[..^1] : text;
    }
}
