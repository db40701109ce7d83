// The bytes of a long text, in a file that is mapped into memory: the system reads a page when it is looked at, and gives its memory back
// when it needs it for something else.

using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace GruLM.Corpus;

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

    // The view's own finalizer does not unmap it while its pointer counts as in use. There is no Dispose: the pieces that were handed out
    // hold this object, and the last of them lets it go.
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

    // Memory that keeps the file mapped.
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
