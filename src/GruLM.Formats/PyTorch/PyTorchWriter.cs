// Writes a state_dict as torch.save does: a zip archive that compresses nothing, with a pickle of an ordered dictionary and a file a
// storage. torch.load opens it, with weights_only=True too. Names may share the storage of another tensor, as tied weights do.
// Left out on purpose: anything that is no tensor.

using System.IO.Compression;

namespace GruLM.Formats;

/// <summary>Writes tensors for PyTorch. Safe for several threads, which write different files.</summary>
public static class PyTorchWriter
{
    private const string Folder = "archive/";

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">Its path; a file that is there is replaced.</param>
    /// <param name="tensors">F32, F16, BF16 or F64 tensors, in the order of the dictionary; each name once.</param>
    /// <param name="shared">Further names, each with the name of the tensor whose storage it shares; they follow the tensors.</param>
    /// <exception cref="ArgumentException">A tensor has another type, or a shared name points at no tensor.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? shared = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        byte[] pickle = PickleWriter.StateDict(tensors, shared ?? new Dictionary<string, string>());
        AtomicFile.Write(path, stream =>
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            Add(zip, "data.pkl", pickle);
            Add(zip, "byteorder", "little"u8);
            for (int i = 0; i < tensors.Count; i++)
            {
                using Stream entry = Create(zip, PickleWriter.StorageName(i)).Open();
                tensors[i].WriteTo(entry);
            }

            Add(zip, "version", "3\n"u8);
        });
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> bytes)
    {
        using Stream entry = Create(zip, name).Open();
        entry.Write(bytes);
    }

    // One time for all files, so that the same model gives the same bytes.
    private static ZipArchiveEntry Create(ZipArchive zip, string name)
    {
        ZipArchiveEntry entry = zip.CreateEntry(Folder + name, CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return entry;
    }
}
