// How a new run takes the place of an old model, so that the folder opens as one or the other at every instant, whenever the process is
// killed. The new run works in a folder of its own inside (RunLayout.Next). Once a whole model is there, that folder is renamed (the step
// at which the new one counts), the old files are deleted, it is renamed again, and its files move up one by one. Whoever opens the model
// folder next finishes what was begun. Tokens of a text stay where they are: they are checked before they are used.

using GruLM.Formats;

namespace GruLM;

/// <summary>Puts a new run in the place of an old model.</summary>
internal static class FolderSwitch
{
    private const double SecondsToWait = 10;

    /// <summary>Held while a switch is made; who reads the files of a run at work in this process holds it too, so as not to meet it: not
    /// all systems rename a folder in which a file is open.</summary>
    public static readonly Lock Gate = new();

    /// <summary>The new run has a whole model: it takes the place of the old one. The folder's lock is held.</summary>
    public static void Make(RunLayout home)
    {
        lock (Gate)
        {
            DiskStep.MoveFolder(home.Next.Root, home.NextWhole.Root);
            Finish(home);
        }
    }

    /// <summary>Whether a change was begun and not finished.</summary>
    public static bool IsPending(RunLayout home) => Directory.Exists(home.NextWhole.Root) || Directory.Exists(home.NextMoving.Root);

    /// <summary>Finishes what was begun. The folder's lock is held.</summary>
    public static void Finish(RunLayout home)
    {
        RunLayout whole = home.NextWhole, moving = home.NextMoving;
        if (Directory.Exists(whole.Root))
        {
            DeleteModel(home);
            DiskStep.MoveFolder(whole.Root, moving.Root);
        }

        if (!Directory.Exists(moving.Root)) return;
        MoveUp(moving.Training, home.Training);
        MoveUp(moving.Root, home.Root);
        DiskStep.DeleteFolder(moving.Root);
    }

    /// <summary>Before a model folder is read: finishes what a killed run began, or waits for a living one that is at it.</summary>
    /// <exception cref="IOException">It could not be finished.</exception>
    public static void Settle(string folder)
    {
        var home = new RunLayout(folder);
        long start = Environment.TickCount64;
        while (IsPending(home))
        {
            try
            {
                using var held = FolderLock.TryTake(home);
                if (held is not null) Finish(home);
            }
            catch (UnauthorizedAccessException error)
            {
                throw new IOException(
                    $"{folder}: a run that was to replace the model was ended while it did; open the folder once where it can be written",
                    error);
            }

            if (!IsPending(home)) return;
            if (Environment.TickCount64 - start > 1000 * SecondsToWait)
            {
                throw new IOException($"{folder}: the model is being replaced by a run at work in it; try again");
            }

            Thread.Sleep(10);
        }
    }

    // The settings go first: a folder without them is nothing that could be resumed. Then the configuration, without which nothing takes
    // the rest for a model.
    private static void DeleteModel(RunLayout home)
    {
        foreach (string file in home.ModelFiles) DiskStep.DeleteFile(file);
        foreach (string inside in Directory.EnumerateDirectories(home.Training)) DiskStep.DeleteFolder(inside);
        foreach (string file in Directory.EnumerateFiles(home.Training))
        {
            if (file != home.Lock && !home.IsTokens(file)) DiskStep.DeleteFile(file);
        }
    }

    private static void MoveUp(string from, string to)
    {
        if (!Directory.Exists(from)) return;
        foreach (string file in Directory.EnumerateFiles(from)) DiskStep.MoveFile(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string folder in Directory.EnumerateDirectories(from))
        {
            string target = Path.Combine(to, Path.GetFileName(folder));
            if (folder != Path.Combine(from, "training")) DiskStep.MoveFolder(folder, target);
        }
    }
}
