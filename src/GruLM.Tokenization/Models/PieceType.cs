// The kinds of pieces that a vocabulary has.
// Source: the numbers are those of the SentencePiece model file format.
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
