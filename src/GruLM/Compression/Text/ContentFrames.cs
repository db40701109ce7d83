// Content of any length in stretches that are coded together, which end at a line's end where there is one near by, else between two
// characters.

namespace GruLM.Compression;

/// <summary>Reads <paramref name="input"/>, which stays the caller's. Not thread-safe.</summary>
/// <param name="input">The content.</param>
/// <param name="most">The most bytes in a stretch.</param>
internal sealed class ContentFrames(Stream input, int most)
{
    // How far back a line's end is looked for.
    private const int NearBytes = 1 << 16;
    private const int LongestCharacter = 4;

    private readonly byte[] _buffer = new byte[most];
    private int _held, _given;

    /// <summary>The next stretch; empty at the end. It is valid until the next call.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        _held -= _given;
        _buffer.AsSpan(_given, _held).CopyTo(_buffer);
        _held += input.ReadAtLeast(_buffer.AsSpan(_held), most - _held, throwOnEndOfStream: false);
        _given = _held < most ? _held : End(_buffer);
        return _buffer.AsMemory(0, _given);
    }

    private static int End(ReadOnlySpan<byte> bytes)
    {
        int near = Math.Max(0, bytes.Length - NearBytes), line = bytes[near..].LastIndexOf((byte)'\n');
        if (line >= 0) return near + line + 1;

        // The last byte that is no character's continuation begins the next stretch.
        for (int back = 1; back <= LongestCharacter && back < bytes.Length; back++)
        {
            if ((bytes[^back] & 0xC0) != 0x80) return bytes.Length - back;
        }

        return bytes.Length;
    }
}
