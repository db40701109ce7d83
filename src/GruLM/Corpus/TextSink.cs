// Where the text of a corpus is collected: in an array while it is short, else in a temporary file that is read where it is needed, so that
// a corpus of any size is read in the same memory.

using System.Buffers;

namespace GruLM.Corpus;

/// <summary>Collects cleaned text.</summary>
/// <param name="expectedBytes">About how much there will be.</param>
/// <param name="mostInMemory">From how many bytes on it goes to a file.</param>
internal sealed class TextSink(long expectedBytes, long mostInMemory) : IBufferWriter<byte>, IDisposable
{
    private const int FileBuffer = 1 << 20;

    // The text while there is no file; then what is to be written to it next.
    private byte[] _bytes = new byte[(int)Math.Min(expectedBytes, mostInMemory) + 2];
    private int _held;
    private FileStream? _file;

    /// <summary>Bytes collected.</summary>
    public long Length { get; private set; }

    /// <summary>The last of them.</summary>
    public byte Last { get; private set; }

    /// <summary>Characters (code points) collected.</summary>
    public long Characters { get; private set; }

    /// <summary>Line ends collected.</summary>
    public long LineEnds { get; private set; }

    public void Advance(int count)
    {
        if (count == 0)
        {
            return;
        }

        Span<byte> added = _bytes.AsSpan(_held, count);
        Characters += TextSplit.CountCharacters(added);
        LineEnds += added.Count((byte)'\n');
        Last = added[^1];
        _held += count;
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        long needed = (long)_held + Math.Max(1, sizeHint);
        if (needed > _bytes.Length && (_file is not null || needed > mostInMemory))
        {
            Spill();
            needed = Math.Max(1, sizeHint);
        }

        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, (int)Math.Max(needed, Math.Min(2L * _bytes.Length, mostInMemory)));
        }

        return _bytes.AsMemory(_held);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>All that was collected. Nothing is added afterwards.</summary>
    public TextBytes Finish()
    {
        if (_file is null)
        {
            return new BytesInMemory(_bytes.AsMemory(0, _held));
        }

        Spill();
        var inFile = new FileBytes(_file, _file.Name);
        _file = null;
        return inFile;
    }

    public void Dispose() => _file?.Dispose();

    private static FileStream CreateTemporary()
    {
        string path = Path.Combine(Path.GetTempPath(), $"grulm-text-{Environment.ProcessId}-{Guid.NewGuid():N}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.DeleteOnClose,
        });

        // Where an open file can be deleted it is, so that nothing is left behind whatever happens.
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        return file;
    }

    // Moves what is held in memory to the file.
    private void Spill()
    {
        _file ??= CreateTemporary();
        try
        {
            _file.Write(_bytes.AsSpan(0, _held));
        }
        catch (IOException error)
        {
            string folder = Path.GetTempPath();
            double gigabytes = Length / 1e9;
            throw new IOException(
                $"{folder}: no room for a copy of the text of more than {gigabytes:F1} GB ({error.Message}); "
                + "name another folder in TMPDIR, or unpack, clean and join the text into one file, which is read where it is",
                error);
        }

        _held = 0;
        if (_bytes.Length > FileBuffer)
        {
            _bytes = new byte[FileBuffer];
        }
    }
}
