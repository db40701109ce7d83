// A corpus in the making: the files' texts one after another, a line end between them where one is missing, and where the samples are as
// soon as a file comes whose samples are not its lines. Left out on purpose, for now: corpora over two gigabytes (one array holds the text).
using System.Buffers;
using System.Text;

namespace GruLM.Corpus;

/// <summary>Collects the text of a corpus.</summary>
internal sealed class CorpusBuilder(long expectedBytes)
{
    private readonly TextBuffer _text = new(expectedBytes);
    private readonly ArrayBufferWriter<byte> _encoded = new();
    private List<SampleRange>? _ranges;
    private int _fileStart;
    private long _replaced;
    private long _windowsLineEnds;
    private long _nuls;
    private long _records;
    private int _marks;

    public int Length => _text.Length;

    /// <summary>Where cleaned text is added as it is.</summary>
    public IBufferWriter<byte> Text => _text;

    /// <summary>Begins a file.</summary>
    public void BeginFile(bool ofRecords)
    {
        if (_text.Length > 0 && _text.Written[^1] != (byte)'\n')
        {
            _text.Write("\n"u8);
        }
        if (ofRecords && _ranges is null)
        {
            _ranges = [];
            _fileStart = 0;
            AddLines();
        }
        _fileStart = _text.Length;
    }

    /// <summary>Ends a file of plain text.</summary>
    public void EndPlainFile()
    {
        if (_ranges is not null)
        {
            AddLines();
        }
    }

    /// <summary>Adds a sample and, in the text but outside the sample, what follows it there.</summary>
    public void AddRecord(string sample, string after)
    {
        _encoded.ResetWrittenCount();
        Encoding.UTF8.GetBytes(sample, _encoded);
        var start = _text.Length;
        var cleaner = new TextCleaner(_text);
        cleaner.Append(_encoded.WrittenSpan, last: true);
        Count(cleaner);
        _ranges!.Add(new SampleRange(start, _text.Length));
        Encoding.UTF8.GetBytes(after, _text);
        _text.Write("\n"u8);
        _records++;
    }

    /// <summary>Adds what was repaired while a text was read.</summary>
    public void Count(TextCleaner cleaner)
    {
        _replaced += cleaner.ReplacedSequences;
        _windowsLineEnds += cleaner.WindowsLineEnds;
        _nuls += cleaner.Nuls;
        _marks += cleaner.HadByteOrderMark ? 1 : 0;
    }

    public (CorpusText Text, CorpusCounts Counts) Finish()
    {
        var written = _text.Written;
        var lines = written.Count((byte)'\n') + (written[^1] == (byte)'\n' ? 0 : 1);
        var counts = new CorpusCounts(written.Length, TextSplit.CountCharacters(written), lines, _replaced, _windowsLineEnds, _marks, _nuls, _records);
        return (new CorpusText(_text.WrittenMemory, _ranges?.ToArray(), 0), counts);
    }

    private void AddLines()
    {
        for (var start = _fileStart; start < _text.Length;)
        {
            var length = _text.Written[start..].IndexOf((byte)'\n');
            var end = length < 0 ? _text.Length : start + length;
            _ranges!.Add(new SampleRange(start, end));
            start = end + 1;
        }
    }

    /// <summary>One growing array; starts at the size the files have, which is exact for plain text unless something is repaired.</summary>
    private sealed class TextBuffer(long expected) : IBufferWriter<byte>
    {
        private byte[] _bytes = new byte[Capacity(expected + 2)];

        public int Length { get; private set; }

        public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

        public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

        public void Advance(int count) => Length += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            var needed = (long)Length + Math.Max(1, sizeHint);
            if (needed > _bytes.Length)
            {
                Array.Resize(ref _bytes, Capacity(Math.Max(needed, Math.Min(2L * _bytes.Length, Array.MaxLength))));
            }
            return _bytes.AsMemory(Length);
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        private static int Capacity(long wanted) => wanted <= Array.MaxLength
            ? (int)wanted
            : throw new InvalidDataException($"the text takes about {wanted / 1e9:F1} GB; at most {Array.MaxLength / 1e9:F1} GB can be read, name fewer files");
    }
}
