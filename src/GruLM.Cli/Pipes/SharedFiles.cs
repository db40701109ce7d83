// Files that several processes of an MPI launcher read together: each reads its part of them by itself, so that they must be files.

using GruLM.Distributed;

namespace GruLM.Cli.Pipes;

/// <summary>Checks what several processes read.</summary>
internal static class SharedFiles
{
    /// <summary>Throws for what one process alone could read. Nothing without a launcher.</summary>
    /// <exception cref="UsageException">Standard input or a pipe is among the files.</exception>
    public static void Check(IReadOnlyList<string> names)
    {
        if (!Launcher.IsPresent) return;
        if (names.Count == 0 || names.Contains(InputFiles.StandardInput))
        {
            throw new UsageException("standard input can be read by one process only; where several share the work, name a file");
        }

        // As a pipe has no length, neither has an empty file.
        if (names.FirstOrDefault(name => new FileInfo(name).Length == 0) is { } nothing)
        {
            throw new IOException(
                $"{nothing}: is empty, or a pipe, which one process only can read; where several share the work, name a file with text");
        }
    }
}
