// Token ids in memory, a stream of any length that fits there.

namespace GruLM.Training;

/// <summary>Ids in memory. Several threads may read at a time.</summary>
public sealed class TokensInMemory(ReadOnlyMemory<int> ids) : ITokens
{
    /// <inheritdoc/>
    public long Count => ids.Length;

    /// <inheritdoc/>
    public void CopyTo(long start, Span<int> destination) => ids.Span.Slice(checked((int)start), destination.Length).CopyTo(destination);
}
