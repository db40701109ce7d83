// Files that several processes of an MPI launcher read together: each reads its part of them by itself, so that they must be files.

using GruLM.Distributed;
using GruLM.Formats;
using GruLM.Model;

namespace GruLM.Cli.Pipes;

/// <summary>Checks what several processes read.</summary>
internal static class SharedFiles
{
    private const int PartBytes = 1 << 16;

    // Of the checksum, in messages.
    private const int ChecksumBytes = 8;

    /// <summary>The processes that a launcher started, once each has been seen to have the same files; null without a launcher, or where
    /// it started one alone.</summary>
    /// <param name="names">What they will read, each its part.</param>
    /// <param name="others">What each reads whole besides; what is missing is passed over.</param>
    /// <exception cref="UsageException">Standard input is to be read.</exception>
    /// <exception cref="IOException">What is to be read is a pipe; there is no MPI library, or it cannot begin.</exception>
    /// <exception cref="InvalidDataException">Two processes see different files.</exception>
    /// <exception cref="RankFailedException">Another process has failed or cannot be reached.</exception>
    public static RankGroup? Join(IReadOnlyList<string> names, IEnumerable<string> others)
    {
        if (!Launcher.IsPresent) return null;
        Check(names);
        var group = RankGroup.Join();
        if (group is not null) CheckSame(group, [.. names, .. others]);
        return group;
    }

    private static void Check(IReadOnlyList<string> names)
    {
        if (names.Count == 0 || names.Contains(InputFiles.StandardInput))
        {
            throw new UsageException("standard input can be read by one process only; where several share the work, name a file");
        }

        if (names.FirstOrDefault(name => !InputFiles.CanBeShared(name)) is { } pipe)
        {
            throw new IOException(
                $"{pipe}: is a pipe or a device, which one process only can read; where several share the work, name a file");
        }
    }

    // By their lengths, beginnings and ends: to read them whole would take longer than some of the work.
    private static void CheckSame(RankGroup group, IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            bool isFile = File.Exists(name) && InputFiles.CanBeShared(name);
            group.CheckSame($"finds under {name}", isFile ? Sight(name) : "no file");
        }
    }

    private static string Sight(string name)
    {
        using FileStream file = File.OpenRead(name);
        byte[] part = new byte[Math.Min(file.Length, PartBytes)];
        var sum = new Sha256();
        file.ReadExactly(part);
        sum.Append(part);
        file.Position = file.Length - part.Length;
        file.ReadExactly(part);
        sum.Append(part);
        string checksum = Convert.ToHexStringLower(sum.Finish().AsSpan(0, ChecksumBytes));
        return $"a file of {file.Length} bytes whose beginning and end have the checksum {checksum}";
    }
}
