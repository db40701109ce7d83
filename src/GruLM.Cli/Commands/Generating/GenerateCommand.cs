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
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        Option<string[]> prompts = Flags.Texts(
            "--prompt", "TEXT", "text to continue; may be given several times", "-p");
        Option<string?> file = Flags.Text(
            "--file", "FILE", "read the prompt from a file (- for standard input)", null, "-f");
        var generation = new GenerationFlags();
        Option<bool> json = Flags.Json();
        Option<string> weights = Flags.Weights("auto is int8, on a card fp32");
        Option<string> device = Flags.Device();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "generate",
            "Continue a text.",
            [
                "grulm generate --model model --prompt \"Once upon a time\"",
                "grulm generate -m model -p \"ROMEO:\" -n 500 --temperature 0.7 --seed 1",
            ],
            [model, prompts, file, .. generation.Options, json, weights, device, threads],
            (flags, session) =>
            {
                string folder = flags.GetValue(model)!;
                List<string> texts = [.. flags.GetValue(prompts)!.Select(TextCorpus.Clean)];
                if (flags.GetValue(file) is { } path) texts.Add(ReadPrompt(path, session));
                if (texts.Count == 0) texts.Add("");
                GenerationOptions options = generation.Read(flags, folder);
                using var opened = LanguageModel.Open(
                    folder, flags.GetValue(threads) ?? 0, flags.GetValue(device)!, Flags.WeightsOf(flags.GetValue(weights)!));
                return Write(texts, prompt => opened.Generate(prompt, options, session.Stop), flags.GetValue(json), session);
            });
    }

    // One prompt after another, each from a fresh state.
    private static int Write(List<string> prompts, Func<string, IEnumerable<string>> generate, bool asJson, Session session)
    {
        foreach (string prompt in prompts)
        {
            if (asJson) WriteJson(prompt, string.Concat(generate(prompt)), session.Output);
            else WriteText(prompt, generate(prompt), session);
            if (session.Stop.IsCancellationRequested) return ExitCode.Stopped;
        }

        return ExitCode.Done;
    }

    private static void WriteText(string prompt, IEnumerable<string> parts, Session session)
    {
        foreach (string part in parts.Prepend(prompt)) session.WriteModelText(part);
        session.Output.WriteLine();
    }

    private static void WriteJson(string prompt, string text, StreamWriter output) => JsonLine.Write(output, json =>
    {
        json.WriteString("prompt", prompt);
        json.WriteString("text", text);
    });

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
