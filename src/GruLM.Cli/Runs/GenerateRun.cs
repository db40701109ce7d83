// grulm generate and grulm chat: text from a model, shown as it comes.

using System.Text.Json;

namespace GruLM.Cli.Runs;

/// <summary>What <c>grulm generate</c> was told. Several prompts are continued one after another, each from a fresh state.</summary>
internal sealed record GenerateSettings
{
    public required string Model { get; init; }

    public required IReadOnlyList<string> Prompts { get; init; }

    public required GenerationOptions Options { get; init; }

    public bool Json { get; init; }

    public int Threads { get; init; }
}

/// <summary>Runs <c>grulm generate</c>.</summary>
internal static class GenerateRun
{
    public static int Run(GenerateSettings settings, TextWriter output, CancellationToken cancel)
    {
        using var model = LanguageModel.Open(settings.Model, settings.Threads);
        foreach (string prompt in settings.Prompts)
        {
            if (settings.Json)
            {
                WriteJson(prompt, string.Concat(model.Generate(prompt, settings.Options, cancel)), output);
            }
            else
            {
                output.Write(prompt);
                foreach (string text in model.Generate(prompt, settings.Options, cancel))
                {
                    output.Write(text);
                    output.Flush();
                }

                output.WriteLine();
            }

            if (cancel.IsCancellationRequested) return ExitCode.Stopped;
        }

        return ExitCode.Done;
    }

    private static void WriteJson(string prompt, string text, TextWriter output)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(
            stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("prompt", prompt);
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}

/// <summary>Runs <c>grulm chat</c>: one line said, one reply, until the input ends.</summary>
internal static class ChatRun
{
    public static int Run(string folder, GenerationOptions options, int threads, TextReader input, TextWriter output, TextWriter messages,
        bool interactive, CancellationToken cancel)
    {
        using var model = LanguageModel.Open(folder, threads);
        using ChatSession chat = model.StartChat(options);
        // Reading a line cannot be interrupted, so Ctrl-C while waiting for one ends the program there; nothing is unsaved.
        bool waiting = false;
        using CancellationTokenRegistration atPrompt = cancel.Register(() =>
        {
            if (Volatile.Read(ref waiting)) Environment.Exit(ExitCode.Stopped);
        });
        if (interactive) messages.WriteLine("Say something and press Enter. /reset forgets the talk so far, /quit ends it.");
        while (!cancel.IsCancellationRequested)
        {
            if (interactive) messages.Write("> ");
            Volatile.Write(ref waiting, true);
            if (cancel.IsCancellationRequested) break;
            string? said = input.ReadLine();
            Volatile.Write(ref waiting, false);
            if (said is null && interactive) messages.WriteLine();
            if (said is null || said.Trim() == "/quit") break;
            if (said.Trim() == "/reset")
            {
                chat.Reset();
                continue;
            }

            if (string.IsNullOrWhiteSpace(said)) continue;
            foreach (string text in chat.Say(said, cancel))
            {
                output.Write(text);
                output.Flush();
            }

            output.WriteLine();
            output.Flush();
        }

        return cancel.IsCancellationRequested ? ExitCode.Stopped : ExitCode.Done;
    }
}
