// Unpacks a gzip file (RFC 1952) and makes sure that it is whole. GZipStream takes the end of the file for the end of the text wherever it
// comes, so that half a download would pass for a short text. A gzip file is a row of packed members; here one more, with a known text, is
// appended while reading, and that text is unpacked only when everything before it was complete. Left out on purpose: files with something
// else after the last member.

using System.IO.Compression;

namespace GruLM.Corpus;

/// <summary>Unpacks a gzip file; throws <see cref="InvalidDataException"/>, which names it, where it is damaged or ends too
/// early.</summary>
internal sealed class GzipText : ReadOnlyStream
{
    // The text of the added member, and that member.
    private static readonly byte[] s_mark = "the end of the packed file"u8.ToArray();
    private static readonly byte[] s_packedMark = Pack(s_mark);

    private readonly string _name;
    private readonly GZipStream _unpacked;
    private readonly byte[] _buffer = new byte[1 << 16];

    // What has been unpacked and not been read yet: so many bytes from a place in the buffer on.
    private int _start;
    private int _held;
    private bool _ended;

    // Unpacked so far.
    private long _bytes;

    /// <summary>Unpacks a file; <paramref name="name"/> is its name in messages.</summary>
    public GzipText(Stream file, string name) =>
        (_name, _unpacked) = (name, new GZipStream(new WithMark(file), CompressionMode.Decompress));

    public override bool CanRead => _unpacked.CanRead;

    public override int Read(Span<byte> buffer)
    {
        // The last bytes, as many as the mark has, are held back, since they may be the mark.
        while (_held <= s_mark.Length && !_ended)
        {
            _buffer.AsSpan(_start, _held).CopyTo(_buffer);
            _start = 0;
            int read = Unpack(_buffer.AsSpan(_held));
            _held += read;
            _ended = read == 0;
        }

        if (_ended && !_buffer.AsSpan(_start, _held).SequenceEqual(s_mark))
        {
            throw Packing.Gzip.Damaged(_name, _bytes);
        }

        int count = Math.Min(buffer.Length, _held - s_mark.Length);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        _held -= count;
        _bytes += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Unpack(Span<byte> buffer)
    {
        try
        {
            return _unpacked.Read(buffer);
        }
        catch (InvalidDataException error)
        {
            throw Packing.Gzip.Damaged(_name, _bytes, cause: error);
        }
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    // The bytes of a file, then those of the packed mark.
    private sealed class WithMark(Stream file) : ReadOnlyStream
    {
        // How much of the packed mark has been read; −1 before the end of the file.
        private int _given = -1;

        public override int Read(Span<byte> buffer)
        {
            if (_given < 0)
            {
                int read = file.Read(buffer);
                if (read > 0 || buffer.IsEmpty)
                {
                    return read;
                }

                _given = 0;
            }

            return Give(s_packedMark, ref _given, buffer);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                file.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
