// The bytes of a short text, in an array.

namespace GruLM.Corpus;

/// <summary>Bytes in memory.</summary>
internal sealed class BytesInMemory(ReadOnlyMemory<byte> bytes) : TextBytes
{
    public override long Length => bytes.Length;

    public override ReadOnlyMemory<byte> Slice(long start, int length) => bytes.Slice(checked((int)start), length);

    public override long LineEnd(long start, long end)
    {
        int found = bytes.Span[checked((int)start)..checked((int)end)].IndexOf((byte)'\n');
        return found < 0 ? -1 : start + found;
    }
}
