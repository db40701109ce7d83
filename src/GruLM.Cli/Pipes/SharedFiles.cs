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

        if (names.FirstOrDefault(name => !InputFiles.CanBeShared(name)) is { } pipe)
        {
            throw new IOException(
                $"{pipe}: is a pipe or a device, which one process only can read; where several share the work, name a file");
        }
    }
}
