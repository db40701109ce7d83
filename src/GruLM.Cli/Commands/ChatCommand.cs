// The flags of grulm chat. The work is in Runs/Generating/ChatRun.cs.

using System.CommandLine;
using System.Text;
using GruLM.Cli.Runs;

namespace GruLM.Cli.Commands;

internal static class ChatCommand
{
    public static GrulmCommand Create()
    {
        Option<string> model = Flags.RequiredText("--model", "DIR", "a model folder", "-m");
        var generation = new GenerationFlags();
        Option<int?> threads = Flags.Threads();
        return new GrulmCommand(
            "chat",
            "Talk with a model that was trained on <prompt> … <ai> … lines. What was said before is in its carried state.",
            ["grulm chat --model model", "echo \"How are you?\" | grulm chat --model model --seed 1"],
            [model, .. generation.Options, threads],
            (flags, session) =>
            {
                string folder = flags.GetValue(model)!;
                using var input = new StreamReader(session.Input, Encoding.UTF8);
                bool interactive = session.ErrorIsTerminal && !Console.IsInputRedirected;
                var settings = new ChatSettings(folder, generation.Read(flags, folder), flags.GetValue(threads) ?? 0, interactive);
                return new ChatRun(settings, input, session).Run();
            });
    }
}
