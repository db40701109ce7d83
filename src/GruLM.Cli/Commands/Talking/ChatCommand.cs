// grulm chat: its flags, and what a talk needs. The talk itself is in Talk.cs.

using System.CommandLine;
using System.Text;
using GruLM.Cli.Pipes;
using GruLM.Training;

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
        Option<bool> learn = Flags.Switch(
            "--learn",
            "let a copy of the model learn from each turn when the next one begins, in fp32; /save and --state keep it, the model folder "
                + "is not changed");
        Option<string> weights = Flags.Weights("auto is int8, on a card and with --learn fp32");
        Option<string> device = Flags.Device("; --learn computes on the processor");
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "chat",
            "Talk with a model that was trained on <prompt> … <ai> … lines. What was said before is in its carried state. In the talk /? "
                + "lists what else can be done.",
            [
                "grulm chat --model model", "echo \"How are you?\" | grulm chat --model model --seed 1",
                "grulm chat --model model --state talk.state --learn",
            ],
            [model, .. generation.Options, fresh, state, learn, weights, device, threads],
            (flags, session) =>
            {
                string folder = flags.GetValue(model)!;
                var kept = new KeptState(flags.GetValue(state), session);
                bool isFresh = flags.GetValue(fresh);
                kept.Check();
                if (isFresh && flags.GetValue(state) is not null)
                {
                    throw new UsageException(
                        "--fresh begins each turn anew, so that there is nothing for --state to keep; leave one out");
                }

                bool learns = flags.GetValue(learn);
                string format = flags.GetValue(weights)!, place = flags.GetValue(device)!;
                if (learns) CheckLearning(isFresh, format);
                using var input = new StreamReader(new WatchedInput(session.Input, "standard input"), Encoding.UTF8);
                bool interactive = session.ErrorIsTerminal && !Console.IsInputRedirected;
                var settings = new TalkSettings(generation.Options, flags, folder);
                using var opened = LanguageModel.Open(folder, flags.GetValue(threads) ?? 0, place, Flags.WeightsOf(format));
                TellWhatItHasNotLearned(opened.Defaults.Chat, folder, session);
                bool isCarried = !isFresh && !learns && flags.GetValue(state) is null;
                if (isCarried && opened.Defaults.Chat.IsSingle == true) TellThatTurnsDisturb(folder, session);
                ChatSession chat = opened.StartChat(settings.Options, learns ? new DynamicOptions() : null);
                using var lines = LineInput.Open(input, interactive, session);
                using var turns = new TalkTurns(chat, lines.Lines, session) { IsFresh = isFresh };
                kept.Load(turns.Load);
                var commands = new TalkCommands(turns, settings, lines.Lines, session)
                {
                    Folder = folder,
                    Facts = Facts(learns ? "fp32, learning" : format, place),
                };
                try
                {
                    return new Talk(turns, commands, lines.Lines, session).Run();
                }
                finally
                {
                    // Also where nobody is left who reads what is written.
                    kept.Save(turns.Chat.Save);
                }
            });
    }

    private static void CheckLearning(bool isFresh, string weights)
    {
        if (isFresh) throw new UsageException("--fresh forgets what was said before each turn, and --learn learns from it; leave one out");
        if (weights == "int8") throw new UsageException("--learn changes weights, which is done in fp32; leave --weights int8 out");
    }

    private static (string Name, string Value)[] Facts(string weights, string device)
    {
        string read = weights != "auto" ? weights
            : device == Devices.Cpu ? "int8"
            : device == Devices.Auto ? "int8, on a card fp32"
            : "fp32";
        return [("weights", read), ("device", device)];
    }

    private static void TellThatTurnsDisturb(string folder, Session session) => session.Error.WriteLine(
        $"note: {folder} has learned from single questions, so that what was said before may disturb its answers; --fresh begins each turn "
        + "with a fresh state");

    private static void TellWhatItHasNotLearned(ChatTemplate chat, string folder, Session session)
    {
        if (chat.IsTrained != false) return;
        session.Error.WriteLine(
            $"note: {folder} has learned from text without {chat.Prompt} … {chat.Ai} …, so that it does not answer but goes on as its text "
            + "would; generate is for such models");
    }
}
