// SHA256SUMS: the checksums of a folder's files, in the format of sha256sum, so that anyone can check a folder with
// "sha256sum -c SHA256SUMS". Written last, it also says that the folder is whole. Left out on purpose: folders inside the folder.

using System.Text;

namespace GruLM.Formats;

/// <summary>Writes and checks the checksums of the files in a folder. Safe for several threads, each with a folder of its own.</summary>
public static class FolderChecksums
{
    /// <summary>The name of the file of checksums.</summary>
    public const string Name = "SHA256SUMS";

    /// <summary>Writes the checksums of all files that are directly in <paramref name="folder"/>.</summary>
    /// <exception cref="IOException">A file cannot be read, or the checksums cannot be written.</exception>
    public static void Write(string folder)
    {
        var text = new StringBuilder();
        foreach (string file in Directory.EnumerateFiles(folder).Where(f => Path.GetFileName(f) != Name).Order(StringComparer.Ordinal))
        {
            text.Append(Of(file)).Append("  ").Append(Path.GetFileName(file)).Append('\n');
        }

        AtomicFile.WriteAllText(Path.Combine(folder, Name), text.ToString());
    }

    /// <summary>What is wrong with the folder, in a few words; null when every file is there as it was written.</summary>
    public static string? Check(string folder)
    {
        try
        {
            string[] lines = File.ReadAllLines(Path.Combine(folder, Name));
            if (lines.Length == 0)
            {
                return $"{Name} is empty";
            }

            foreach (string line in lines)
            {
                if (line.Split("  ", 2) is not [var sum, var name] || name.Length == 0 || Path.GetFileName(name) != name)
                {
                    return $"{Name} is damaged";
                }

                if (Of(Path.Combine(folder, name)) != sum)
                {
                    return $"{name} is not as it was written";
                }
            }

            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            string missing = Path.GetFileName((e as FileNotFoundException)?.FileName) ?? "the folder";
            return $"{missing} is missing";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>The SHA-256 of a file in lower-case hexadecimal digits.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return Convert.ToHexStringLower(Sha256.HashData(stream));
    }
}
