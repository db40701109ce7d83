// The pieces that are there before any text is read: unknown, begin, end, padding at their ids; then control symbols, user-defined symbols
// and the 256 bytes on the lowest free ids. The rules, odd ones included, are the reference's.
using System.Text;

namespace GruLM.Tokenization;

/// <summary>The reserved ids of a vocabulary that is being trained.</summary>
internal sealed class MetaPieces
{
    private readonly SortedDictionary<int, (string Text, PieceType Type)> _pieces = [];

    /// <summary>Places the special pieces.</summary>
    /// <exception cref="ArgumentException">Two of them collide.</exception>
    public MetaPieces(TrainerOptions options)
    {
        bool hasUnknown = false;
        Place(options.UnkId, options.UnkPiece, "unk");
        Place(options.BosId, options.BosPiece, "bos");
        Place(options.EosId, options.EosPiece, "eos");
        Place(options.PadId, options.PadPiece, "pad");

        int free = 0;
        var seen = new HashSet<string>(StringComparer.Ordinal);
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

        void Place(int id, string text, string name)
        {
            if (id < 0)
            {
                return;
            }

            if (id >= options.VocabSize)
            {
                throw new VocabularySizeException($"{name}_id is {id}, which does not fit in a vocabulary of {options.VocabSize} pieces.",
                    id + 1, null);
            }

            if (_pieces.TryGetValue(id, out (string Text, PieceType) other))
            {
                throw new ArgumentException(
                    $"{name}_id is {id}, which '{other.Text}' has already; give each special piece an id of its own.");
            }

            if (hasUnknown && text == options.UnkPiece)
            {
                throw new ArgumentException($"{name}_piece is '{text}', the unknown piece's name; give it another name.");
            }

            hasUnknown |= text == options.UnkPiece;
            _pieces[id] = (text, text == options.UnkPiece ? PieceType.Unknown : PieceType.Control);
        }

        void Add(string text, PieceType type, string kind)
        {
            if (text.Length == 0)
            {
                throw new ArgumentException($"A {kind} is empty; leave it out.");
            }

            if (!seen.Add(text))
            {
                throw new ArgumentException($"The {kind} '{text}' is defined twice; name it once.");
            }

            if (text == options.UnkPiece)
            {
                throw new ArgumentException($"The {kind} '{text}' is the unknown piece's name; it must not be defined again.");
            }

            int id = text == options.BosPiece && options.BosId >= 0 ? options.BosId
                : text == options.EosPiece && options.EosId >= 0 ? options.EosId
                : text == options.PadPiece && options.PadId >= 0 ? options.PadId : -1;
            while (id < 0 && _pieces.ContainsKey(free))
            {
                free++;
            }

            _pieces[id < 0 ? free : id] = (text, type);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _pieces.Count;

    /// <summary>The piece at an id.</summary>
    public bool TryGet(int id, out string text, out PieceType type)
    {
        bool found = _pieces.TryGetValue(id, out (string Text, PieceType Type) piece);
        (text, type) = (piece.Text, piece.Type);
        return found;
    }

    /// <summary>All texts.</summary>
    public IEnumerable<byte[]> Texts => _pieces.Values.Select(p => Encoding.UTF8.GetBytes(p.Text));
}
