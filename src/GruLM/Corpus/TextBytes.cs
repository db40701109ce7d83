// The bytes of a text of any length: in an array (BytesInMemory.cs), or in a file (FileBytes.cs), so that what a text takes does not grow
// with it. They are handed out in pieces, since no span is longer than two gigabytes. A piece of a file is read anew each time, so that
// whoever needs many small ones asks for a larger one that holds them.

namespace GruLM.Corpus;

/// <summary>Bytes of a text. Safe for several threads.</summary>
internal abstract class TextBytes
{
    /// <summary>How many there are.</summary>
    public abstract long Length { get; }

    /// <summary>Some of them.</summary>
    public abstract ReadOnlyMemory<byte> Slice(long start, int length);

    /// <summary>Where the first line end from <paramref name="start"/> up to <paramref name="end"/> stands; −1 when there is
    /// none.</summary>
    public abstract long LineEnd(long start, long end);
}
