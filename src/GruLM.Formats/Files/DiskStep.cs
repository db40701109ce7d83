// The steps in which a run changes the disk: each writing, renaming and deleting goes through here, so that a test can end a run before any
// one of them, as a killed process would, and look at what is left.

namespace GruLM.Formats;

/// <summary>Changes of the disk, one at a time. Safe for several threads.</summary>
internal static class DiskStep
{
    private static readonly AsyncLocal<Action<string>?> s_watcher = new();

    /// <summary>Is told of each step before it is made, and may throw; null: nobody is. It belongs to the calling thread, and to what that
    /// thread starts.</summary>
    public static Action<string>? Watcher
    {
        get => s_watcher.Value;
        set => s_watcher.Value = value;
    }

    /// <summary>Says that a step is about to be made.</summary>
    public static void Before(string step) => s_watcher.Value?.Invoke(step);

    /// <summary>Renames a file over another one, if that is there.</summary>
    public static void MoveFile(string from, string to)
    {
        Before($"rename {from} to {to}");
        File.Move(from, to, overwrite: true);
    }

    /// <summary>Deletes a file, if it is there.</summary>
    public static void DeleteFile(string path)
    {
        if (!File.Exists(path)) return;
        Before($"delete {path}");
        File.Delete(path);
    }

    /// <summary>Makes a folder, if it is not there.</summary>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path)) return;
        Before($"create {path}");
        Directory.CreateDirectory(path);
    }

    /// <summary>Renames a folder.</summary>
    public static void MoveFolder(string from, string to)
    {
        Before($"rename {from} to {to}");
        Directory.Move(from, to);
    }

    /// <summary>Deletes a folder with all that is in it, if it is there.</summary>
    public static void DeleteFolder(string path)
    {
        if (!Directory.Exists(path)) return;
        foreach (string file in Directory.EnumerateFiles(path)) DeleteFile(file);
        foreach (string folder in Directory.EnumerateDirectories(path)) DeleteFolder(folder);
        Before($"delete {path}");
        Directory.Delete(path);
    }
}
