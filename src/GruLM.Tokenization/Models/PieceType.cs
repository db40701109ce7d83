// The small public vocabulary of the room: what a piece is, which kind of model it belongs to, which release's behaviour is wanted.
// Numbers are those of the SentencePiece model file format.
namespace GruLM.Tokenization;

/// <summary>What a piece of the vocabulary is. The numbers are those of the model file.</summary>
public enum PieceType
{
    /// <summary>An ordinary piece.</summary>
    Normal = 1,
    /// <summary>The one piece that stands for text outside the vocabulary.</summary>
    Unknown = 2,
    /// <summary>A symbol that no text produces and that decodes to nothing, such as the start of a sentence.</summary>
    Control = 3,
    /// <summary>A symbol that is always one piece where its text occurs.</summary>
    UserDefined = 4,
    /// <summary>A piece that encoding may not output.</summary>
    Unused = 5,
    /// <summary>One of the 256 pieces <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> that spell unknown text byte by byte.</summary>
    Byte = 6,
}

/// <summary>How a model cuts text. The numbers are those of the model file.</summary>
public enum ModelType
{
    /// <summary>The most probable path under a unigram language model.</summary>
    Unigram = 1,
    /// <summary>Byte-pair encoding over characters.</summary>
    Bpe = 2,
    /// <summary>One piece a word.</summary>
    Word = 3,
    /// <summary>One piece a character.</summary>
    Char = 4,
}

/// <summary>Which release of the reference training follows, where releases differ.</summary>
public enum Compatibility
{
    /// <summary>0.1.97 and before.</summary>
    V01,
    /// <summary>The current one, 0.2.</summary>
    V02,
}

/// <summary>A vocabulary entry.</summary>
/// <param name="Text">The piece; U+2581 stands for a space.</param>
/// <param name="Score">A log-probability in a unigram model, minus the merge's rank in a BPE model.</param>
/// <param name="Type">What the piece is.</param>
public readonly record struct Piece(string Text, float Score, PieceType Type);

/// <summary>A piece of an encoded text.</summary>
/// <param name="Id">The piece's number.</param>
/// <param name="Text">The piece as the text spells it, normalised; for unknown text that text itself.</param>
/// <param name="Begin">Where its surface begins in the input, in the unit that was asked for (UTF-8 bytes by default).</param>
/// <param name="End">Where its surface ends, exclusive. Pieces inside one expanded character are empty; the last one takes the
/// surface.</param>
public readonly record struct EncodedPiece(int Id, string Text, int Begin, int End);
