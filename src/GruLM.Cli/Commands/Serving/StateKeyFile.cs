// The file of --state-key: any secret of at least 16 bytes; where there is none, one is made that only its owner can read.

using System.Text;
using GruLM.Formats;

namespace GruLM.Cli.Commands;

/// <summary>Reads the secret that signs states.</summary>
internal static class StateKeyFile
{
    private const int FewestBytes = 16;
    private const int MostBytes = 1 << 16;

    /// <summary>The key of a file's content.</summary>
    /// <exception cref="IOException">The file can be neither read nor made, or holds too little.</exception>
    public static byte[] Read(string path)
    {
        if (path.Length == 0) throw new UsageException("--state-key '': the name of a file was expected");
        if (!File.Exists(path)) Make(path);
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[MostBytes];
        int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> secret = bytes.AsSpan(0, count).Trim(" \t\r\n"u8);
        if (secret.Length < FewestBytes)
        {
            throw new IOException(
                $"{path}: holds {secret.Length} bytes, and a secret has {FewestBytes} or more; delete it to get a new one");
        }

        return Sha256.HashData(secret);
    }

    private static void Make(string path)
    {
        string secret = $"{Guid.NewGuid():N}{Guid.NewGuid():N}\n";
        var only = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) only.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using FileStream file = new(path, only);
        file.Write(Encoding.ASCII.GetBytes(secret));
    }
}
