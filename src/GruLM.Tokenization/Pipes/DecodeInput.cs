// What a pipe is given to decode.
namespace GruLM.Tokenization;

/// <summary>What the lines to decode hold.</summary>
public enum DecodeInput
{
    /// <summary>Ids where all words are numbers, otherwise pieces.</summary>
    Text,

    /// <summary>Ids parted by spaces.</summary>
    Id,

    /// <summary>Pieces parted by spaces.</summary>
    Piece,

    /// <summary>JSON objects with the field <c>ids</c> or <c>pieces</c>.</summary>
    JsonLines,
}
