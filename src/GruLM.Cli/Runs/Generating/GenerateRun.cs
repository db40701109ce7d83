// grulm generate: text from a model, shown as it comes.

using GruLM.Cli.Pipes;

namespace GruLM.Cli.Runs;

/// <summary>Runs <c>grulm generate</c>.</summary>
internal static class GenerateRun
{
    public static int Run(GenerateSettings settings, Session session)
    {
        using var model = LanguageModel.Open(settings.Model, settings.Threads);
        foreach (string prompt in settings.Prompts)
        {
            IEnumerable<string> parts = model.Generate(prompt, settings.Options, session.Stop);
            if (settings.Json) WriteJson(prompt, string.Concat(parts), session.Output);
            else WriteText(prompt, parts, session.Output);
            if (session.Stop.IsCancellationRequested) return ExitCode.Stopped;
        }

        return ExitCode.Done;
    }

    private static void WriteText(string prompt, IEnumerable<string> parts, StreamWriter output)
    {
        output.Write(prompt);
        foreach (string part in parts)
        {
            output.Write(part);
            output.Flush();
        }

        output.WriteLine();
    }

    private static void WriteJson(string prompt, string text, StreamWriter output) => JsonLine.Write(output, json =>
    {
        json.WriteString("prompt", prompt);
        json.WriteString("text", text);
    });
}
