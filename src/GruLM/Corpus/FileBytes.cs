// The bytes of a long text, in a file that is read where a piece of it is asked for. The file is not mapped into memory: it is the user's
// own, and where a mapped file becomes shorter, the system ends whoever reads it.

namespace GruLM.Corpus;

/// <summary>Bytes of an open file, which is closed when nobody can ask for them any more.</summary>
internal sealed class FileBytes : TextBytes
{
    // Read at a time while a line end is looked for.
    private const int SearchBytes = 1 << 16;

    private readonly FileStream _file;
    private readonly string _name;

    /// <summary>Takes over an open file, which may be renamed and deleted afterwards; <paramref name="name"/> is its name in
    /// messages.</summary>
    public FileBytes(FileStream file, string name) => (_file, _name, Length) = (file, name, file.Length);

    public override long Length { get; }

    /// <summary>Some of them, read into an array. Throws <see cref="IOException"/> when the file has become shorter.</summary>
    public override ReadOnlyMemory<byte> Slice(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
        if (length == 0)
        {
            return default;
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        Read(start, bytes);
        return bytes;
    }

    public override long LineEnd(long start, long end)
    {
        byte[] buffer = new byte[(int)Math.Min(SearchBytes, Math.Max(0, end - start))];
        for (long at = start; at < end; at += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at));
            Read(at, part);
            int found = part.IndexOf((byte)'\n');
            if (found >= 0)
            {
                return at + found;
            }
        }

        return -1;
    }

    private void Read(long start, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int read = RandomAccess.Read(_file.SafeFileHandle, bytes, start);
            if (read == 0)
            {
                throw new IOException(
                    $"{_name}: was changed while it was read: it had {Length} bytes and has only {start} now; "
                    + "read a copy that nothing writes to");
            }

            start += read;
            bytes = bytes[read..];
        }
    }
}
