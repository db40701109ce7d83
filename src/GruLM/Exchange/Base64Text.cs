// Bytes as base64 in the middle of a text, written as they come: what does not fill three bytes waits for the next ones.

using System.Buffers.Text;

namespace GruLM;

/// <summary>A stream that writes base64 to another, which stays open; disposing it ends the base64. Not thread-safe.</summary>
internal sealed class Base64Text(Stream output) : Stream
{
    private readonly byte[] _bytes = new byte[3 * 8192];
    private readonly byte[] _text = new byte[4 * 8192];
    private int _held;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int taken = Math.Min(buffer.Length, _bytes.Length - _held);
            buffer[..taken].CopyTo(_bytes.AsSpan(_held));
            _held += taken;
            buffer = buffer[taken..];
            if (_held == _bytes.Length) WriteHeld();
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) WriteHeld();
        base.Dispose(disposing);
    }

    private void WriteHeld()
    {
        Base64.EncodeToUtf8(_bytes.AsSpan(0, _held), _text, out _, out int written);
        output.Write(_text.AsSpan(0, written));
        _held = 0;
    }
}
