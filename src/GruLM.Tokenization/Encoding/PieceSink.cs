// Where encoders put pieces. It applies the rules all models share: neighbouring unknown pieces become one, or, with byte fallback, each
// is spelled in byte pieces; and it turns positions in the normalised window into offsets in the input when those are wanted.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace GruLM.Tokenization;

/// <summary>Collects the ids (and, when asked, the pieces with offsets) of one text.</summary>
internal sealed class PieceSink
{
    private Vocabulary _vocabulary = null!;
    private List<int> _ids = null!;
    private List<EncodedPiece>? _pieces;
    private NormalizedText _window = null!;
    private int _unknown;
    private bool _afterUnknown;
    // Ids on their way to the caller's list, which costs more an id than an array does.
    private readonly int[] _buffer = new int[256];
    private int _buffered;
    // The bytes of the unknown run that the last piece stands for, so that a run of any length is decoded once.
    private readonly List<byte> _run = [];

    /// <summary>Whether the last piece stands for unknown text that may go on.</summary>
    public bool HoldsRun => _run.Count > 0;

    /// <summary>Prepares for one text.</summary>
    public void Reset(Vocabulary vocabulary, NormalizedText window, List<int> ids, List<EncodedPiece>? pieces)
    {
        if (_vocabulary != vocabulary || _window != window)
        {
            _vocabulary = vocabulary;
            _window = window;
            _unknown = vocabulary.UnkId;
        }

        _ids = ids;
        _pieces = pieces;
        _afterUnknown = false;
        _buffered = 0;
        _run.Clear();
    }

    /// <summary>Hands over what is left and lets go of the caller's lists.</summary>
    public void Release()
    {
        Flush();
        CloseRun();
        _ids = null!;
        _pieces = null;
    }

    /// <summary>Adds a piece that covers <paramref name="length"/> bytes of the window from <paramref name="begin"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int id, int begin, int length)
    {
        if (_pieces is null && id != _unknown)
        {
            _afterUnknown = false;
            AddId(id);
        }
        else
        {
            AddSpecial(id, begin, length);
        }
    }

    /// <summary>Adds the pieces of a word that stand side by side from <paramref name="begin"/> on, packed as id &lt;&lt; 8 | byte
    /// length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ReadOnlySpan<int> packed, int begin)
    {
        if (_pieces is null)
        {
            if (_buffered + packed.Length > _buffer.Length)
            {
                Flush();
            }

            Span<int> to = _buffer.AsSpan(_buffered, packed.Length);
            int unknowns = 0;
            for (int i = 0; i < to.Length; i++)
            {
                int id = packed[i] >> 8;
                to[i] = id;
                unknowns += id == _unknown ? 1 : 0;
            }

            if (unknowns == 0)
            {
                _buffered += packed.Length;
                _afterUnknown &= packed.IsEmpty;
                return;
            }
        }

        foreach (int piece in packed)
        {
            Add(piece >> 8, begin, piece & 0xFF);
            begin += piece & 0xFF;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddId(int id)
    {
        int[] buffer = _buffer;
        int at = _buffered;
        if ((uint)at >= (uint)buffer.Length)
        {
            Flush();
            at = 0;
        }

        buffer[at] = id;
        _buffered = at + 1;
    }

    private void Flush()
    {
        if (_buffered == 0) return;
        int before = _ids.Count;
        CollectionsMarshal.SetCount(_ids, before + _buffered);
        _buffer.AsSpan(0, _buffered).CopyTo(CollectionsMarshal.AsSpan(_ids)[before..]);
        _buffered = 0;
    }

    private void AddSpecial(int id, int begin, int length)
    {
        if (_pieces is null)
        {
            AddUnknownId(begin, length);
        }
        else
        {
            AddPiece(id, begin, length);
        }
    }

    private void AddUnknownId(int begin, int length)
    {
        if (_vocabulary.UsesByteFallback)
        {
            foreach (byte b in _window.Bytes.AsSpan(begin, length))
            {
                AddId(_vocabulary.ByteIds[b]);
            }
        }
        else if (!_afterUnknown)
        {
            AddId(_vocabulary.UnkId);
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
                AddId(_vocabulary.ByteIds[text[i]]);
                _pieces!.Add(new EncodedPiece(_vocabulary.ByteIds[text[i]], Vocabulary.ByteName(text[i]), from, last ? to : from));
            }
        }
        else if (unknown)
        {
            if (_afterUnknown)
            {
                _pieces![^1] = _pieces[^1] with { End = to };
            }
            else
            {
                AddId(id);
                _pieces!.Add(new EncodedPiece(id, "", from, to));
            }

            foreach (byte b in text)
            {
                _run.Add(b);
            }
        }
        else
        {
            CloseRun();
            AddId(id);
            _pieces!.Add(new EncodedPiece(id, Encoding.UTF8.GetString(text), from, to));
        }

        _afterUnknown = unknown;
    }

    private void CloseRun()
    {
        if (_run.Count == 0 || _pieces is null)
        {
            return;
        }

        _pieces[^1] = _pieces[^1] with { Text = Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_run)) };
        _run.Clear();
    }
}
