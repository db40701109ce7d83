// The ways of packing that are unpacked while a corpus is read. Which one a file has, its first bytes tell, and its name only what was
// expected. Left out on purpose: bzip2, xz, lz4 and archives of several files, which KnownKind.cs tells apart.

namespace GruLM.Corpus;

/// <summary>A way of packing a file. Immutable.</summary>
/// <param name="Name">Its name for people.</param>
/// <param name="Extension">What it adds to a file's name.</param>
/// <param name="Magic">The first bytes of every such file.</param>
/// <param name="Command">What a person types before the name of a file to unpack it.</param>
/// <param name="Open">Unpacks a stream; the second argument is its name in messages.</param>
internal sealed record Packing(string Name, string Extension, byte[] Magic, string Command, Func<Stream, string, Stream> Open)
{
    /// <summary>gzip.</summary>
    public static readonly Packing Gzip = new("gzip", ".gz", [0x1F, 0x8B], "zcat", (file, name) => new GzipText(file, name));

    /// <summary>Zstandard.</summary>
    public static readonly Packing Zstd =
        new("zstd", ".zst", [0x28, 0xB5, 0x2F, 0xFD], "zstdcat", (file, name) => new ZstdText(file, name));

    private static readonly Packing[] s_all = [Gzip, Zstd];

    /// <summary>The most bytes that a file needs to begin with for its packing to be known.</summary>
    public const int HeadBytes = 4;

    /// <summary>How a file that begins so is packed; null when it is not.</summary>
    public static Packing? OfHead(ReadOnlySpan<byte> head)
    {
        foreach (Packing packing in s_all)
        {
            if (head.StartsWith(packing.Magic)) return packing;
        }

        return null;
    }

    /// <summary>How a file is packed by its name; null when its name does not say that it is.</summary>
    public static Packing? OfName(string file) =>
        Array.Find(s_all, packing => file.EndsWith(packing.Extension, StringComparison.OrdinalIgnoreCase));

    /// <summary>The name of a file without what its packing added.</summary>
    public static string UnpackedName(string file) => OfName(file) is { } packing ? file[..^packing.Extension.Length] : file;

    /// <summary>That a file is not what its name says, or is not whole.</summary>
    public InvalidDataException Damaged(string name, long bytes, string advice = "", Exception? cause = null)
    {
        string place = FormattableString.Invariant($"after {bytes:#,0} bytes of text");
        return new InvalidDataException($"{name}: is damaged or no {Name} file ({place}); pack the text again{advice}", cause);
    }
}
