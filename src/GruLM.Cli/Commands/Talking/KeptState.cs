// chat --state FILE: the talk goes on from the state in FILE, and leaves its own there.

namespace GruLM.Cli.Commands;

/// <summary>The file that a talk's state is kept in; no file where <paramref name="path"/> is null.</summary>
internal sealed class KeptState(string? path, Session session)
{
    /// <summary>Throws where the state could not be written in the end.</summary>
    /// <exception cref="UsageException">A flag was given that does not go with it.</exception>
    /// <exception cref="IOException">The file cannot be there.</exception>
    public void Check(bool isFresh)
    {
        if (path is null) return;
        if (path.Length == 0) throw new UsageException("--state '': the name of a file was expected");
        if (isFresh) throw new UsageException("--fresh begins each turn anew, so that there is nothing for --state to keep; leave one out");
        if (Directory.Exists(path)) throw new IOException($"{path}: is a folder; give the name of a file for --state");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new IOException($"{path}: cannot be written, the folder {folder} does not exist");
    }

    /// <summary>Goes on from the state where there is one.</summary>
    public void Load(TalkTurns turns)
    {
        if (File.Exists(path)) turns.Load(path);
    }

    /// <summary>Writes the state, also when the program was asked to end.</summary>
    public void Save(TalkTurns turns)
    {
        if (path is null) return;
        using (session.Deadline.Hold()) turns.Chat.Save(path);
    }
}
