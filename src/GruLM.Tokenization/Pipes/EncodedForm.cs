// What a pipe writes for a line that it has encoded.
namespace GruLM.Tokenization;

/// <summary>The form of encoded lines.</summary>
public enum EncodedForm
{
    /// <summary>Numbers parted by spaces.</summary>
    Id,

    /// <summary>Pieces parted by spaces.</summary>
    Piece,

    /// <summary><c>{"ids":[],"pieces":[],"begin":[],"end":[]}</c>.</summary>
    Json,
}
