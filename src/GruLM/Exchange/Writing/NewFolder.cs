// A folder that is made whole or not at all: under a name of its own beside the final one, then renamed. One that is replaced is renamed
// away first and deleted last, so that a model is there at every instant but the one between two renames.

using GruLM.Model;

namespace GruLM;

/// <summary>Makes folders. Safe for several threads, which make different ones.</summary>
internal static class NewFolder
{
    /// <summary>Refuses a name that is taken.</summary>
    /// <exception cref="IOException">It is, and is not to be replaced, or is no model.</exception>
    public static void Check(string name, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (File.Exists(name)) throw new IOException($"{name}: is a file; choose another 'OutDir'");
        if (!Directory.Exists(name) || !Directory.EnumerateFileSystemEntries(name).Any()) return;
        if (!overwrite)
        {
            throw new IOException($"{name}: is there already and is not empty; choose another 'OutDir', or 'Overwrite' to replace it");
        }

        if (!File.Exists(Path.Combine(name, ModelFile.ConfigName)))
        {
            throw new IOException($"{name}: is no model folder (it has no {ModelFile.ConfigName}), and is not replaced; choose another");
        }

        if (File.Exists(new RunLayout(name).Lock))
        {
            throw new IOException($"{name}: a run is at work in it, or was ended in it; choose another 'OutDir', or delete the folder");
        }
    }

    /// <summary>Lets <paramref name="fill"/> fill a folder, then gives it its name.</summary>
    public static void Make(string name, bool overwrite, Action<string> fill)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(name)), id = Guid.NewGuid().ToString("N");
        string made = $"{full}.{id}.tmp", old = $"{full}.{id}.old";
        try
        {
            Directory.CreateDirectory(made);
            fill(made);
            Check(name, overwrite);
            bool replaces = Directory.Exists(full);
            if (replaces) Directory.Move(full, old);
            try
            {
                Directory.Move(made, full);
            }
            catch when (replaces)
            {
                Directory.Move(old, full);
                throw;
            }

            if (replaces) Delete(old);
        }
        finally
        {
            Delete(made);
        }
    }

    /// <summary>Lets <paramref name="fill"/> fill a folder, whose files then take the place of those in the folder of that name, which is
    /// new, empty, or one of an earlier export.</summary>
    /// <exception cref="IOException">It is something else, or cannot be written.</exception>
    public static void Export(string full, Action<string> fill)
    {
        if (File.Exists(full)) throw new IOException($"{full}: is a file; a folder was expected");
        bool isThere = Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any();
        if (isThere && (!File.Exists(Path.Combine(full, ModelFile.ConfigName)) || Directory.Exists(new RunLayout(full).Training)))
        {
            throw new IOException($"{full}: is there already, and no export; choose another 'Out'");
        }

        string made = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(made);
            fill(made);
            if (!isThere)
            {
                if (Directory.Exists(full)) Directory.Delete(full);
                Directory.Move(made, full);
                return;
            }

            foreach (string file in Directory.GetFiles(made)) File.Move(file, Path.Combine(full, Path.GetFileName(file)), overwrite: true);
        }
        finally
        {
            Delete(made);
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What cannot be deleted harms nobody under its name.
        }
    }
}
