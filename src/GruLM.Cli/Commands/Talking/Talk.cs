// A talk with a model: a message, a reply, until the input ends or somebody ends it.

namespace GruLM.Cli.Commands;

/// <summary>A talk.</summary>
internal sealed class Talk(TalkTurns turns, TalkCommands commands, ILineInput input, Session session)
{
    /// <summary>Talks, and returns the exit code.</summary>
    public int Run()
    {
        if (input.IsInteractive)
        {
            session.Error.WriteLine("Say something and press Enter. /? lists what else can be done, /bye ends the talk.");
        }

        while (!commands.HaveEnded && TalkMessage.Read(input) is { } message)
        {
            if (message.IsCommand) commands.Do(message.Text);
            else if (!string.IsNullOrWhiteSpace(message.Text)) turns.Say(message.Text);
        }

        return input.IsStopped ? ExitCode.Stopped : ExitCode.Done;
    }
}
