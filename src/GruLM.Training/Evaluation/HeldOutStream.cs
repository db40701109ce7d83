// Held-out text that is read as one stream.

namespace GruLM.Training;

/// <summary>A stream: ids, and the byte position in the text at which each token ends. Safe for several threads as long as nobody changes
/// the arrays behind it.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="ByteEnds">End of each token, in UTF-8 bytes from the start of the text.</param>
public sealed record HeldOutStream(ReadOnlyMemory<int> Ids, ReadOnlyMemory<long> ByteEnds) : HeldOut
{
    /// <inheritdoc/>
    public override long Tokens => Ids.Length - 1;
}
