// The bytes of a text of any length: in an array (BytesInMemory.cs), or in a file that is mapped into memory (MappedBytes.cs), so that what
// a text takes does not grow with it. They are handed out in pieces, since no span is longer than two gigabytes.

namespace GruLM.Corpus;

/// <summary>Bytes of a text.</summary>
internal abstract class TextBytes
{
    /// <summary>How many there are.</summary>
    public abstract long Length { get; }

    /// <summary>Some of them.</summary>
    public abstract ReadOnlyMemory<byte> Slice(long start, int length);
}
