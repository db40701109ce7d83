// The pieces that are there before any text is read: unknown, begin, end, padding at their ids; then control symbols, user-defined symbols
// and the 256 bytes on the lowest free ids. The rules, odd ones included, are the reference's.
using System.Text;

namespace GruLM.Tokenization;

/// <summary>The reserved ids of a vocabulary that is being trained.</summary>
internal sealed class MetaPieces
{
    private readonly TrainerOptions _options;
    private readonly SortedDictionary<int, (string Text, PieceType Type)> _pieces = [];
    private readonly HashSet<string> _symbols = new(StringComparer.Ordinal);
    private bool _hasUnknown;
    private int _lowestFree;

    // Of the ids beyond the vocabulary's size the largest, and whose it is.
    private int _largestId = -1;
    private string _largestName = "";

    /// <summary>Places the special pieces.</summary>
    /// <exception cref="ArgumentException">Two of them collide.</exception>
    public MetaPieces(TrainerOptions options)
    {
        _options = options;
        Place(options.UnkId, options.UnkPiece, "Unk");
        Place(options.BosId, options.BosPiece, "Bos");
        Place(options.EosId, options.EosPiece, "Eos");
        Place(options.PadId, options.PadPiece, "Pad");

        foreach (string symbol in options.ControlSymbols)
        {
            Add(symbol, PieceType.Control, "control symbol");
        }

        foreach (string symbol in options.UserDefinedSymbols)
        {
            Add(symbol, PieceType.UserDefined, "user-defined symbol");
        }

        for (int value = 0; options.ByteFallback && value < 256; value++)
        {
            Add(Vocabulary.ByteName(value), PieceType.Byte, "byte piece");
        }

        CheckIds();
    }

    /// <summary>How many there are.</summary>
    public int Count => _pieces.Count;

    /// <summary>All texts.</summary>
    public IEnumerable<byte[]> Texts => _pieces.Values.Select(p => Encoding.UTF8.GetBytes(p.Text));

    /// <summary>The piece at an id.</summary>
    public bool TryGet(int id, out string text, out PieceType type)
    {
        bool found = _pieces.TryGetValue(id, out (string Text, PieceType Type) piece);
        (text, type) = (piece.Text, piece.Type);
        return found;
    }

    private void Place(int id, string text, string name)
    {
        if (id < 0)
        {
            return;
        }

        if (id >= _options.VocabSize && id > _largestId)
        {
            (_largestId, _largestName) = (id, name);
        }

        if (_pieces.TryGetValue(id, out (string Text, PieceType) other))
        {
            throw new ArgumentException(
                $"'{name}Id' is {id}, which '{other.Text}' has already; give each special piece an id of its own.");
        }

        bool isUnknown = text == _options.UnkPiece;
        if (_hasUnknown && isUnknown)
        {
            throw new ArgumentException($"'{name}Piece' is '{text}', the unknown piece's name; give it another name.");
        }

        _hasUnknown |= isUnknown;
        _pieces[id] = (text, isUnknown ? PieceType.Unknown : PieceType.Control);
    }

    /// <summary>Throws for an id that no size near the one asked for has room for. Where the special pieces stand without a gap, the size
    /// itself is too small, and what it has to be is known once the characters of the text are.</summary>
    private void CheckIds()
    {
        if (_largestId >= _pieces.Count)
        {
            throw new VocabularySizeException(
                $"'{_largestName}Id' is {_largestId}, which does not fit in a vocabulary of {_options.VocabSize} pieces.",
                _largestId + 1, null);
        }
    }

    private void Add(string text, PieceType type, string kind)
    {
        if (text.Length == 0)
        {
            throw new ArgumentException($"A {kind} is empty; leave it out.");
        }

        if (!_symbols.Add(text))
        {
            throw new ArgumentException($"The {kind} '{text}' is defined twice; name it once.");
        }

        if (text == _options.UnkPiece)
        {
            throw new ArgumentException($"The {kind} '{text}' is the unknown piece's name; it must not be defined again.");
        }

        _pieces[IdFor(text)] = (text, type);
    }

    /// <summary>A symbol named like a special piece takes that piece's id; every other one the lowest free id.</summary>
    private int IdFor(string text)
    {
        if (text == _options.BosPiece && _options.BosId >= 0) return _options.BosId;
        if (text == _options.EosPiece && _options.EosId >= 0) return _options.EosId;
        if (text == _options.PadPiece && _options.PadId >= 0) return _options.PadId;

        while (_pieces.ContainsKey(_lowestFree))
        {
            _lowestFree++;
        }

        return _lowestFree;
    }
}
