// The ids of a text in a file, mapped into memory, so that training reads a text of any size through a few pages. Little-endian:
//   0  "GRULMTOK"    8  int32 version, 1    12  int32 bytes an id, 2 or 4    16  int64 number of ids
//   24 SHA-256 of the tokenizer    56 SHA-256 of the text    88 ids, uint16 where every id of the vocabulary fits, else uint32
// The two checksums say what the ids were made of; a file made of anything else is not used.

using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using GruLM.Formats;

namespace GruLM.Training;

/// <summary>Token ids in a file. Several threads may read at a time, but not while another disposes it.</summary>
public sealed unsafe class TokenFile : ITokens, IDisposable
{
    private const int Version = 1;
    private const int HeaderBytes = 88;
    private const int ChecksumBytes = 32;

    private readonly string _path;
    private readonly int _vocabSize;
    private readonly bool _wide;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _ids;

    // Takes the file over: it is closed with this object, and when it cannot be mapped.
    private TokenFile(FileStream file, string path, int vocabSize, bool wide, long count)
    {
        (_path, _vocabSize, _wide, Count) = (path, vocabSize, wide, count);
        _file = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _ids = start + HeaderBytes;
    }

    /// <inheritdoc/>
    public long Count { get; }

    private static ReadOnlySpan<byte> Magic => "GRULMTOK"u8;

    /// <summary>Writes the ids, which come in parts, whole or not at all. The checksums are SHA-256. Throws <see cref="IOException"/> when
    /// the disk refuses.</summary>
    public static void Write(
        string path, int vocabSize, ReadOnlySpan<byte> tokenizerChecksum, ReadOnlySpan<byte> textChecksum,
        IEnumerable<IReadOnlyList<int>> parts)
    {
        bool wide = vocabSize > ushort.MaxValue + 1;
        byte[] header = Header(wide, tokenizerChecksum, textChecksum);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            long count = 0;
            byte[] bytes = [];
            foreach (IReadOnlyList<int> part in parts)
            {
                int length = part.Count * (wide ? sizeof(uint) : sizeof(ushort));
                if (bytes.Length < length) bytes = new byte[length];
                for (int i = 0; i < part.Count; i++)
                {
                    if (wide) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), part[i]);
                    else BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort)), checked((ushort)part[i]));
                }

                stream.Write(bytes, 0, length);
                count += part.Count;
            }

            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), count);
            stream.Position = 0;
            stream.Write(header);
        });
    }

    /// <summary>Opens a file of ids that were made by this tokenizer of this text; null when there is none, or one that was made of
    /// something else or is damaged.</summary>
    public static TokenFile? Open(string path, int vocabSize, ReadOnlySpan<byte> tokenizerChecksum, ReadOnlySpan<byte> textChecksum)
    {
        if (!BitConverter.IsLittleEndian || !File.Exists(path)) return null;
        bool wide = vocabSize > ushort.MaxValue + 1;
        byte[] expected = Header(wide, tokenizerChecksum, textChecksum);

        // The file that was looked at is the one that is mapped, whatever happens to its name meanwhile.
        FileStream file = File.OpenRead(path);
        try
        {
            if (CountIn(file, expected, wide) is { } count) return new TokenFile(file, path, vocabSize, wide, count);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void CopyTo(long start, Span<int> destination)
    {
        if (start < 0 || start > Count - destination.Length) throw new ArgumentOutOfRangeException(nameof(start));
        ObjectDisposedException.ThrowIf(_view.SafeMemoryMappedViewHandle.IsClosed, this);
        for (int i = 0; i < destination.Length; i++)
        {
            uint id = _wide ? ((uint*)_ids)[start + i] : ((ushort*)_ids)[start + i];
            if (id >= (uint)_vocabSize)
            {
                long place = start + i;
                throw new InvalidDataException($"{_path}: damaged at token {place}; delete it, and it is made again");
            }

            destination[i] = (int)id;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view.SafeMemoryMappedViewHandle.IsClosed) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    // The number of ids; null where the header is another one, or the file has another length than it says.
    private static long? CountIn(FileStream file, ReadOnlySpan<byte> expected, bool wide)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes) return null;
        long count = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        header[16..24].Clear();
        bool same = header.SequenceEqual(expected);
        return same && count > 0 && (file.Length - HeaderBytes) / (wide ? sizeof(uint) : sizeof(ushort)) == count ? count : null;
    }

    private static byte[] Header(bool wide, ReadOnlySpan<byte> tokenizerChecksum, ReadOnlySpan<byte> textChecksum)
    {
        if (tokenizerChecksum.Length != ChecksumBytes || textChecksum.Length != ChecksumBytes)
        {
            throw new ArgumentException("a SHA-256 of 32 bytes was expected");
        }

        byte[] header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), wide ? sizeof(uint) : sizeof(ushort));
        tokenizerChecksum.CopyTo(header.AsSpan(24));
        textChecksum.CopyTo(header.AsSpan(24 + ChecksumBytes));
        return header;
    }
}
