// Unpacks a zstd file (RFC 8878): frames one after another, those without text among them. ZstdSharp decodes; a file that ends within a
// frame is told from a whole one by it. Windows of any size that the format has are taken, since texts are often packed with long ones.

using ZstdSharp;
using ZstdSharp.Unsafe;

namespace GruLM.Corpus;

/// <summary>Unpacks a zstd file; throws <see cref="InvalidDataException"/>, which names it, where it is damaged or ends too
/// early.</summary>
internal sealed class ZstdText : ReadOnlyStream
{
    // The longest window of the format, in bits, on machines of 64 bits.
    private const int LongestWindow = 31;

    private readonly string _name;
    private readonly DecompressionStream _unpacked;
    private bool _disposed;

    // Unpacked so far.
    private long _bytes;

    /// <summary>Unpacks a file; <paramref name="name"/> is its name in messages.</summary>
    public ZstdText(Stream file, string name)
    {
        (_name, _unpacked) = (name, new DecompressionStream(file, leaveOpen: false));
        _unpacked.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, LongestWindow);
    }

    public override bool CanRead => !_disposed;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            int read = _unpacked.Read(buffer);
            _bytes += read;
            return read;
        }
        catch (Exception error) when (error is ZstdException or EndOfStreamException)
        {
            throw Packing.Zstd.Damaged(_name, _bytes, cause: error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _unpacked.Dispose();
        _disposed = true;
        base.Dispose(disposing);
    }
}
