// The bytes of a text of any length: in an array, or in a file that is mapped into memory, so that what a text takes does not grow with it.
// Handed out in pieces, since no span is longer than two gigabytes.
using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace GruLM.Corpus;

/// <summary>Bytes of a text.</summary>
internal abstract class TextBytes
{
    /// <summary>How many there are.</summary>
    public abstract long Length { get; }

    /// <summary>Some of them.</summary>
    public abstract ReadOnlyMemory<byte> Slice(long start, int length);
}

/// <summary>Bytes in memory.</summary>
internal sealed class BytesInMemory(ReadOnlyMemory<byte> bytes) : TextBytes
{
    public override long Length => bytes.Length;

    public override ReadOnlyMemory<byte> Slice(long start, int length) => bytes.Slice(checked((int)start), length);
}

/// <summary>Bytes of a file that is mapped into memory for as long as anyone holds a piece of them.</summary>
internal sealed unsafe class MappedBytes : TextBytes
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;

    /// <summary>Maps an open file, which may be closed and deleted afterwards.</summary>
    public MappedBytes(FileStream file)
    {
        Length = file.Length;
        _file = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _bytes = start + _view.PointerOffset;
    }

    // A handle whose pointer was acquired is not released by its own finalizer.
    ~MappedBytes()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    public override long Length { get; }

    public override ReadOnlyMemory<byte> Slice(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
        return length == 0 ? default : new Piece(this, start, length).Memory;
    }

    // Holds the map alive.
    private sealed class Piece(MappedBytes text, long start, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(text._bytes + start, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(text._bytes + start + elementIndex, default, this);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
