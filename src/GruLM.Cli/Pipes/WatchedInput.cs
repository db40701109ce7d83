// An input of a command that reads bytes as they are: it hands them through, tells what the first of them say, and says in words people use
// where standard input is no text at all. Reading only; what waits for ever is the reader's affair.
namespace GruLM.Cli.Pipes;

/// <summary>A stream that is read through another.</summary>
/// <param name="inner">The stream that has the bytes; it is closed with this one.</param>
/// <param name="name">What messages call it.</param>
/// <param name="note">Is told once what the first bytes say, where they say something; null: nobody is.</param>
/// <param name="look">What looks at them; null: nothing does.</param>
/// <param name="bytes">How many bytes are looked at.</param>
internal sealed class WatchedInput(
    Stream inner, string name, Action<string>? note = null, FirstLook? look = null, int bytes = TextMarks.Longest) : Stream
{
    // errno EISDIR, which .NET gives on Unix.
    private const int IsFolder = 21;

    private readonly byte[] _first = new byte[bytes];
    private int _known;
    private bool _told = note is null || look is null;

    public override bool CanRead => true;

    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position { get => inner.Position; set => inner.Position = value; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = inner.Read(buffer);
        }
        catch (IOException e) when (e.HResult == IsFolder)
        {
            throw new IOException($"{name} is a folder; give files by their names, or a text", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{name} may not be read, or was opened for writing; give it a text", e);
        }

        if (!_told) Look(buffer[..read]);
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    // The first bytes may come one by one.
    private void Look(ReadOnlySpan<byte> read)
    {
        int taken = Math.Min(read.Length, _first.Length - _known);
        read[..taken].CopyTo(_first.AsSpan(_known));
        _known += taken;
        if (_known < _first.Length && !read.IsEmpty) return;
        _told = true;
        if (look!(name, _first.AsSpan(0, _known)) is { } text) note!(text);
    }
}
