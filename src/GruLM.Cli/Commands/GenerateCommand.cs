// The flags of grulm generate. The work is in Runs/Generating/GenerateRun.cs.

using System.CommandLine;
using System.Text;
using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class GenerateCommand
{
    public static GrulmCommand Create()
    {
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        Option<string[]> prompts = Flags.Texts(
            "--prompt", "TEXT", "text to continue; may be given several times", false, "-p");
        Option<string?> file = Flags.Text(
            "--file", "FILE", "read the prompt from a file (- for standard input)", null, "-f");
        var generation = new GenerationFlags();
        Option<bool> json = Flags.Json();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "generate",
            "Continue a text.",
            [
                "grulm generate --model model --prompt \"Once upon a time\"",
                "grulm generate -m model -p \"ROMEO:\" -n 500 --temperature 0.7 --seed 1",
            ],
            [model, prompts, file, .. generation.Options, json, threads],
            (flags, session) =>
            {
                string folder = flags.GetValue(model)!;
                List<string> texts = [.. flags.GetValue(prompts)!];
                if (flags.GetValue(file) is { } path) texts.Add(ReadPrompt(path, session.Input));
                if (texts.Count == 0) texts.Add("");
                var settings = new GenerateSettings
                {
                    Model = folder,
                    Prompts = texts,
                    Options = generation.Read(flags, folder),
                    Json = flags.GetValue(json),
                    Threads = flags.GetValue(threads) ?? 0,
                };
                return GenerateRun.Run(settings, session);
            });
    }

    // The line end at a file's end is the file's, not the prompt's.
    private static string ReadPrompt(string path, Stream standardInput)
    {
        if (path != "-" && !File.Exists(path)) throw new FileNotFoundException($"{path}: no such file");
        using var reader = new StreamReader(path == "-" ? standardInput : File.OpenRead(path), Encoding.UTF8);
        string text = reader.ReadToEnd().ReplaceLineEndings("\n");
        return text.EndsWith('\n') ? text[..^1] : text;
    }
}
