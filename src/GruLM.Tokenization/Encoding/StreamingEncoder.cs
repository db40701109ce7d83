// Encodes a text that comes in parts: the pieces given out so far, joined, are always the first ones that encoding the whole text gives.
// Memory does not grow with the text, as long as here and there two characters stand side by side that no piece joins (a line end does, in
// every usual model). It does grow with a stretch without such a place, and models with unused pieces need their whole text before they
// give any of it. Leaves out sampling and the n best cuts, which need the whole text.
namespace GruLM.Tokenization;

/// <summary>Encodes a text of any length part by part. Not safe for use from several threads at once.</summary>
public sealed class StreamingEncoder
{
    private readonly Tokenizer _tokenizer;
    private readonly EncoderScratch _scratch;
    private readonly List<EncodedPiece> _pieces = [];
    private readonly List<int> _ids = [];
    private NormalizerProgress _progress;
    private byte[] _input = [];
    private int _held;
    private long _origin;

    internal StreamingEncoder(Tokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _scratch = new EncoderScratch();
        Reset();
    }

    /// <summary>Positions in the window are 32 bits wide; from this one on they are counted anew. Small in tests.</summary>
    internal int RecountAt { get; set; } = 1 << 28;

    /// <summary>Takes the next part of the text, which may end anywhere, and appends the pieces that are certain now.</summary>
    public void Push(ReadOnlySpan<byte> utf8, List<StreamedPiece> pieces) => Take(utf8, final: false, pieces);

    /// <summary>Ends the text: appends the pieces that were held back, and starts anew.</summary>
    public void Flush(List<StreamedPiece> pieces)
    {
        Take([], final: true, pieces);
        Reset();
    }

    /// <summary>Forgets everything, ready for another text.</summary>
    public void Reset()
    {
        _pieces.Clear();
        _ids.Clear();
        _progress = default;
        _held = 0;
        _origin = 0;
        _scratch.Score = 0;
        _scratch.Window.Reset(track: true);
        _scratch.Sink.Reset(_tokenizer.Model.Vocabulary, _scratch.Window, _ids, _pieces);
    }

    private void Take(ReadOnlySpan<byte> utf8, bool final, List<StreamedPiece> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        int length = _held + utf8.Length;
        if (_input.Length < length)
        {
            Array.Resize(ref _input, Math.Max(length, 2 * _input.Length));
        }

        utf8.CopyTo(_input.AsSpan(_held));
        _tokenizer.EncodeChunk(ref _progress, _input.AsSpan(0, length), final, _scratch);
        _held = length - _progress.Position;
        _input.AsSpan(_progress.Position, _held).CopyTo(_input);
        _progress.ChunkOffset += _progress.Position;
        _progress.Position = 0;
        if (final)
        {
            _scratch.Sink.Release();
        }

        GiveOut(pieces);
        if (_progress.ChunkOffset >= RecountAt)
        {
            Recount();
        }
    }

    private void GiveOut(List<StreamedPiece> pieces)
    {
        // The run of unknown text that the last piece stands for may go on.
        int certain = _pieces.Count - (_scratch.Sink.HoldsRun ? 1 : 0);
        for (int i = 0; i < certain; i++)
        {
            pieces.Add(new StreamedPiece(_pieces[i].Id, _pieces[i].Text, _origin + _pieces[i].Begin, _origin + _pieces[i].End));
        }

        _pieces.RemoveRange(0, certain);
        _ids.Clear();
    }

    private void Recount()
    {
        int by = _progress.ChunkOffset;
        foreach (ref int origin in _scratch.Window.Origins.AsSpan(0, _scratch.Window.Length))
        {
            origin -= by;
        }

        for (int i = 0; i < _pieces.Count; i++)
        {
            _pieces[i] = _pieces[i] with { Begin = _pieces[i].Begin - by, End = _pieces[i].End - by };
        }

        _progress.ChunkOffset = 0;
        _origin += by;
    }
}
