// The bytes of a JSON file. Some editors write a byte-order mark before them, which JSON itself does not know.

namespace GruLM.Formats;

/// <summary>Reads JSON files. Safe for several threads.</summary>
public static class JsonBytes
{
    /// <summary>The bytes of a file, without a byte-order mark.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ReadOnlyMemory<byte> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsMemory(3) : bytes;
    }
}
