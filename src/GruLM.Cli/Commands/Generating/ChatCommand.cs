// grulm chat. The talk itself is in Talk.cs.

using System.CommandLine;
using System.Text;
using GruLM.Cli.Pipes;

namespace GruLM.Cli.Commands;

internal static class ChatCommand
{
    public static GrulmCommand Create()
    {
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        var generation = new GenerationFlags();
        Option<string> weights = Flags.Weights("auto is int8, on a card fp32");
        Option<string> device = Flags.Device();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "chat",
            "Talk with a model that was trained on <prompt> … <ai> … lines. What was said before is in its carried state.",
            ["grulm chat --model model", "echo \"How are you?\" | grulm chat --model model --seed 1"],
            [model, .. generation.Options, weights, device, threads],
            (flags, session) =>
            {
                string folder = flags.GetValue(model)!;
                using var input = new StreamReader(new WatchedInput(session.Input, "standard input", null), Encoding.UTF8);
                bool interactive = session.ErrorIsTerminal && !Console.IsInputRedirected;
                GenerationOptions options = generation.Read(flags, folder);
                using var opened = LanguageModel.Open(
                    folder, flags.GetValue(threads) ?? 0, flags.GetValue(device)!, Flags.WeightsOf(flags.GetValue(weights)!));
                TellWhatItHasNotLearned(opened.Defaults.Chat, folder, session);
                using ChatSession chat = opened.StartChat(options);
                return new Talk(chat, input, interactive, session) { MaxTokens = options.MaxTokens }.Run();
            });
    }

    private static void TellWhatItHasNotLearned(ChatTemplate chat, string folder, Session session)
    {
        if (chat.IsTrained != false) return;
        session.Error.WriteLine(
            $"note: {folder} has learned from text without {chat.Prompt} … {chat.Ai} …, so that it does not answer but goes on as its text "
            + "would; generate is for such models");
    }
}
