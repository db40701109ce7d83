// Where encoders put pieces. It applies the rules all models share: neighbouring unknown pieces become one, or, with byte fallback, each
// is spelled in byte pieces; and it turns positions in the normalised window into offsets in the input when those are wanted.
using System.Text;

namespace GruLM.Tokenization;

/// <summary>Collects the ids (and, when asked, the pieces with offsets) of one text.</summary>
internal sealed class PieceSink
{
    private Vocabulary _vocabulary = null!;
    private List<int> _ids = null!;
    private List<EncodedPiece>? _pieces;
    private NormalizedText _window = null!;
    private bool _afterUnknown;
    // The bytes of the unknown run that the last piece stands for, so that a run of any length is decoded once.
    private readonly List<byte> _run = [];

    /// <summary>Prepares for one text.</summary>
    public void Reset(Vocabulary vocabulary, NormalizedText window, List<int> ids, List<EncodedPiece>? pieces)
    {
        _vocabulary = vocabulary;
        _window = window;
        _ids = ids;
        _pieces = pieces;
        _afterUnknown = false;
        _run.Clear();
    }

    /// <summary>Lets go of the caller's lists.</summary>
    public void Release()
    {
        CloseRun();
        _ids = null!;
        _pieces = null;
    }

    /// <summary>Adds a piece that covers <paramref name="length"/> bytes of the window from <paramref name="begin"/>.</summary>
    public void Add(int id, int begin, int length)
    {
        if (_pieces is null)
        {
            if (id != _vocabulary.UnkId)
            {
                _afterUnknown = false;
                _ids.Add(id);
            }
            else
                AddUnknownId(begin, length);
        }
        else
            AddPiece(id, begin, length);
    }

    private void AddUnknownId(int begin, int length)
    {
        if (_vocabulary.UsesByteFallback)
        {
            foreach (byte b in _window.Bytes.AsSpan(begin, length))
                _ids.Add(_vocabulary.ByteIds[b]);
        }
        else if (!_afterUnknown)
        {
            _ids.Add(_vocabulary.UnkId);
        }
        _afterUnknown = true;
    }

    private void AddPiece(int id, int begin, int length)
    {
        int from = _window.Origins[begin], to = _window.Origins[begin + length];
        ReadOnlySpan<byte> text = _window.Bytes.AsSpan(begin, length);
        bool unknown = id == _vocabulary.UnkId;
        if (unknown && _vocabulary.UsesByteFallback)
        {
            CloseRun();
            for (int i = 0; i < length; i++)
            {
                bool last = i == length - 1;
                _ids.Add(_vocabulary.ByteIds[text[i]]);
                _pieces!.Add(new EncodedPiece(_vocabulary.ByteIds[text[i]], Vocabulary.ByteName(text[i]), from, last ? to : from));
            }
        }
        else if (unknown)
        {
            if (_afterUnknown)
                _pieces![^1] = _pieces[^1] with { End = to };
            else
            {
                _ids.Add(id);
                _pieces!.Add(new EncodedPiece(id, "", from, to));
            }
            foreach (byte b in text)
                _run.Add(b);
        }
        else
        {
            CloseRun();
            _ids.Add(id);
            _pieces!.Add(new EncodedPiece(id, Encoding.UTF8.GetString(text), from, to));
        }
        _afterUnknown = unknown;
    }

    private void CloseRun()
    {
        if (_run.Count == 0 || _pieces is null)
            return;
        _pieces[^1] = _pieces[^1] with { Text = Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_run)) };
        _run.Clear();
    }
}
