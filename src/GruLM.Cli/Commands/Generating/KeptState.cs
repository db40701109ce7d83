// --state FILE of generate and chat: a text goes on from the state in FILE, and leaves its own there.

using GruLM.Formats;

namespace GruLM.Cli.Commands;

/// <summary>The file that a state is kept in; no file where <paramref name="path"/> is null.</summary>
internal sealed class KeptState(string? path, Session session)
{
    /// <summary>Throws where the state could not be written in the end.</summary>
    /// <exception cref="UsageException">The name is empty.</exception>
    /// <exception cref="IOException">The file cannot be there.</exception>
    public void Check()
    {
        if (path is null) return;
        if (path.Length == 0) throw new UsageException("--state '': the name of a file was expected");
        if (Directory.Exists(path)) throw new IOException($"{path}: is a folder; give the name of a file for --state");
        AtomicFile.Check(path);
    }

    /// <summary>Goes on from the state where there is one, which <paramref name="load"/> does; false where there is none.</summary>
    public bool Load(Action<string> load)
    {
        if (!File.Exists(path)) return false;
        load(path);
        return true;
    }

    /// <summary>Writes the state by <paramref name="save"/>, also when the program was asked to end.</summary>
    public void Save(Action<string> save)
    {
        if (path is null) return;
        using (session.Deadline.Hold()) save(path);
    }

    /// <summary>Says that the state was not written, since what it was to hold was not read to its end.</summary>
    public void TellOfNothing()
    {
        if (path is null) return;
        string file = File.Exists(path) ? $"{path} is as it was" : $"{path} was not written";
        session.Error.WriteLine($"stopped before the whole prompt was read; {file}");
    }
}
