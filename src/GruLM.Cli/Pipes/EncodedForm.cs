// What grulm tokenizer encode writes for a line.
namespace GruLM.Cli.Pipes;

/// <summary>The form of encoded lines.</summary>
internal enum EncodedForm
{
    /// <summary>Numbers parted by spaces.</summary>
    Id,

    /// <summary>Pieces parted by spaces.</summary>
    Piece,

    /// <summary><c>{"ids":[],"pieces":[],"begin":[],"end":[]}</c>.</summary>
    Json,
}
