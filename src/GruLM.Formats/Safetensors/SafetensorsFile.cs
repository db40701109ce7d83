// Reading the safetensors format (described in Safetensors.cs). Nothing in the file is believed before it is checked: the header's length
// against the file's, every field of every tensor, and that the tensors cover the numbers exactly once, without hole or overlap.
// Numbers are read straight into the caller's memory; those of another float type are converted on the way.
// Left out on purpose: memory mapping (a truncated mapped file kills the process) and fields the format does not define.

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GruLM.Formats;

/// <summary>An open safetensors file whose header has been read and found sound. Several threads may read at a time.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, TensorEntry> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, List<TensorEntry> tensors, Dictionary<string, string> metadata)
    {
        Path = path;
        _handle = handle;
        Tensors = tensors;
        Metadata = metadata;
        _byName = tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order in which they lie in the file.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    /// <summary>The file's free text under free keys; empty when it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not a whole and sound safetensors file; the message says where and what was
    /// expected.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            string wrong = Directory.Exists(path) ? "is a folder, a safetensors file was expected" : "there is no such file";
            throw new FileNotFoundException($"{path}: {wrong}", path);
        }

        // Sharing "delete" lets a new file be renamed over this one while it is open.
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            byte[] header = ReadHeader(path, handle, out long dataBytes);
            (List<TensorEntry> tensors, Dictionary<string, string> metadata) = SafetensorsHeader.Parse(path, header, dataBytes);
            return new SafetensorsFile(path, handle, tensors, metadata);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Looks for a tensor by its name.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out TensorEntry? entry) => _byName.TryGetValue(name, out entry);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="InvalidDataException">The file has none; the message lists some that it has.</exception>
    public TensorEntry Find(string name)
    {
        if (TryFind(name, out TensorEntry? entry))
        {
            return entry;
        }

        const int MostShown = 8;
        string some = string.Join(", ", Tensors.Take(MostShown).Select(t => t.Name)) + (Tensors.Count > MostShown ? ", …" : "");
        string present = Tensors.Count == 0 ? "none" : some;
        throw new InvalidDataException($"{Path}: has no tensor '{name}' (it holds {present})");
    }

    /// <summary>Reads a tensor's elements as float32; F16, BF16 and F64 are converted.</summary>
    /// <param name="entry">One of this file's <see cref="Tensors"/>.</param>
    /// <param name="destination">Exactly <see cref="TensorEntry.ElementCount"/> long, filled in row-major order.</param>
    /// <exception cref="InvalidDataException">The tensor is of no float type, or the file has been cut since it was opened.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void Read(TensorEntry entry, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(entry);
        RequireLength(entry, destination.Length, entry.ElementCount, "elements");
        if (!entry.Type.IsFloat())
        {
            throw new InvalidDataException(
                $"{Path}: tensor '{entry.Name}' is {entry.Type.FormatName()}; F32, F16, BF16 or F64 was expected");
        }

        int size = entry.Type.SizeInBytes();
        long position = entry.Start;
        Span<byte> portion = entry.Type == TensorType.F32 ? default : new byte[Math.Min(entry.ByteCount, 1 << 16)];
        while (destination.Length > 0)
        {
            // A span of bytes cannot cover two gigabytes of floats, hence portions for F32 too.
            int count = Math.Min(destination.Length, portion.IsEmpty ? 1 << 26 : portion.Length / size);
            Span<byte> bytes = portion.IsEmpty ? MemoryMarshal.AsBytes(destination[..count]) : portion[..(count * size)];
            ReadExactly(entry, bytes, position);
            if (!portion.IsEmpty)
            {
                entry.Type.ToFloats(bytes, destination[..count]);
            }

            position += bytes.Length;
            destination = destination[count..];
        }
    }

    /// <summary>Reads a tensor's bytes as they lie in the file: little-endian elements in row-major order.</summary>
    /// <param name="entry">One of this file's <see cref="Tensors"/>.</param>
    /// <param name="destination">Exactly <see cref="TensorEntry.ByteCount"/> long.</param>
    /// <exception cref="InvalidDataException">The file has been cut since it was opened.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void ReadBytes(TensorEntry entry, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(entry);
        RequireLength(entry, destination.Length, entry.ByteCount, "bytes");
        ReadExactly(entry, destination, entry.Start);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    private static byte[] ReadHeader(string path, SafeFileHandle handle, out long dataBytes)
    {
        long fileBytes = RandomAccess.GetLength(handle);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        if (fileBytes < length.Length || RandomAccess.Read(handle, length, 0) < length.Length)
        {
            throw new InvalidDataException(
                $"{path}: has {fileBytes} bytes, too few for a safetensors file, which begins with eight for its header's length; "
                + "it was cut short or is another kind of file");
        }

        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerBytes is < 2 or > Safetensors.MaxHeaderBytes)
        {
            throw new InvalidDataException(
                $"{path}: its first eight bytes give a header of {headerBytes} bytes, "
                + $"between 2 and {Safetensors.MaxHeaderBytes} was expected; it is damaged or no safetensors file");
        }

        dataBytes = fileBytes - length.Length - (long)headerBytes;
        if (dataBytes < 0)
        {
            long present = fileBytes - length.Length;
            throw new InvalidDataException(
                $"{path}: says that its header takes {headerBytes} bytes, but the file ends after {present} of them; "
                + "it was cut short, fetch or save it again");
        }

        byte[] header = new byte[headerBytes];
        if (ReadAll(handle, header, length.Length) < header.Length)
        {
            throw new InvalidDataException($"{path}: became shorter while its header was read");
        }

        return header;
    }

    private void ReadExactly(TensorEntry entry, Span<byte> bytes, long position)
    {
        if (ReadAll(_handle, bytes, position) < bytes.Length)
        {
            throw new InvalidDataException($"{Path}: became shorter while tensor '{entry.Name}' was read");
        }
    }

    private static int ReadAll(SafeFileHandle handle, Span<byte> bytes, long position)
    {
        int done = 0;
        while (done < bytes.Length)
        {
            int read = RandomAccess.Read(handle, bytes[done..], position + done);
            if (read == 0)
            {
                break;
            }

            done += read;
        }

        return done;
    }

    private static void RequireLength(TensorEntry entry, long found, long expected, string unit)
    {
        if (found != expected)
        {
            throw new ArgumentException($"tensor '{entry.Name}' has {expected} {unit}, the destination {found}");
        }
    }
}
