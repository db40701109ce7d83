// grulm chat: its flags, and what a talk needs. The talk itself is in Talk.cs.

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
        Option<bool> fresh = Flags.Switch("--fresh", "begin each turn with a fresh state, as if nothing had been said before");
        Option<string?> state = Flags.Text(
            "--state", "FILE", "go on from the state in FILE when it is there, and write the state there at the end");
        Option<string> weights = Flags.Weights("auto is int8, on a card fp32");
        Option<string> device = Flags.Device();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "chat",
            "Talk with a model that was trained on <prompt> … <ai> … lines. What was said before is in its carried state. In the talk /? "
                + "lists what else can be done.",
            [
                "grulm chat --model model", "echo \"How are you?\" | grulm chat --model model --seed 1",
                "grulm chat --model model --state talk.state",
            ],
            [model, .. generation.Options, fresh, state, weights, device, threads],
            (flags, session) =>
            {
                string folder = flags.GetValue(model)!;
                var kept = new KeptState(flags.GetValue(state), session);
                bool isFresh = flags.GetValue(fresh);
                kept.Check(isFresh);
                using var input = new StreamReader(new WatchedInput(session.Input, "standard input", null), Encoding.UTF8);
                bool interactive = session.ErrorIsTerminal && !Console.IsInputRedirected;
                var settings = new TalkSettings(generation.Options, flags, folder);
                string format = flags.GetValue(weights)!, place = flags.GetValue(device)!;
                using var opened = LanguageModel.Open(folder, flags.GetValue(threads) ?? 0, place, Flags.WeightsOf(format));
                TellWhatItHasNotLearned(opened.Defaults.Chat, folder, session);
                ChatSession chat = opened.StartChat(settings.Options);
                using var lines = TalkInput.Open(input, interactive, session);
                using var turns = new TalkTurns(chat, lines.Lines, session) { IsFresh = isFresh };
                kept.Load(turns);
                var commands = new TalkCommands(turns, settings, lines.Lines, session)
                {
                    Folder = folder,
                    Facts = Facts(format, place),
                };
                int code = new Talk(turns, commands, lines.Lines, session).Run();
                kept.Save(turns);
                return code;
            });
    }

    private static (string Name, string Value)[] Facts(string weights, string device)
    {
        string read = weights != "auto" ? weights
            : device == Devices.Cpu ? "int8"
            : device == Devices.Auto ? "int8, on a card fp32"
            : "fp32";
        return [("weights", read), ("device", device)];
    }

    private static void TellWhatItHasNotLearned(ChatTemplate chat, string folder, Session session)
    {
        if (chat.IsTrained != false) return;
        session.Error.WriteLine(
            $"note: {folder} has learned from text without {chat.Prompt} … {chat.Ai} …, so that it does not answer but goes on as its text "
            + "would; generate is for such models");
    }
}
