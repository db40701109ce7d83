// What grulm tokenizer decode reads.
namespace GruLM.Cli.Pipes;

/// <summary>What the lines to decode hold.</summary>
internal enum DecodeInput
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
