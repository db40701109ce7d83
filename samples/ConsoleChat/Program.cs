// Talks with a model in the console: ConsoleChat MODEL. It is written for Microsoft.Extensions.AI, so that any other chat client could
// stand where this one is made. The conversation's id carries the talk: only what is new is sent. An empty line begins a new talk; Ctrl-C
// cuts a reply short, and ends the program where nothing is being written.

using GruLM;
using Microsoft.Extensions.AI;

if (args.Length != 1) End(2, "usage: ConsoleChat MODEL");
AppDomain.CurrentDomain.UnhandledException += (_, error) => End(1, ((Exception)error.ExceptionObject).Message);
using var model = LanguageModel.Open(args[0]);
using IChatClient client = new GruChatClient(model);
var options = new ChatOptions { MaxOutputTokens = 100, Seed = Random.Shared.NextInt64() };
CancellationTokenSource? reply = null;
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = reply is not null;
    reply?.Cancel();
};
while (true)
{
    Console.Write("> ");
    if (Console.ReadLine() is not { } message) break;
    if (message.Length == 0)
    {
        options.ConversationId = null;
        continue;
    }

    using var stop = new CancellationTokenSource();
    reply = stop;
    try
    {
        string? id = null;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(message, options, stop.Token))
        {
            Console.Write(update.Text);
            id = update.ConversationId ?? id;
        }

        options.ConversationId = id;
    }
    catch (OperationCanceledException)
    {
        // What was cut short counts as not said.
        Console.Write(" …");
    }

    reply = null;
    Console.WriteLine();
}

static void End(int code, string line)
{
    Console.Error.WriteLine(line);
    Environment.Exit(code);
}
