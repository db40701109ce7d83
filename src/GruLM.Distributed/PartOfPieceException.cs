// A piece of work that failed on the way.

namespace GruLM.Distributed;

/// <summary>The work on a piece has failed with <paramref name="reason"/>; <paramref name="done"/> is its result up to there, which still
/// belongs to what all processes do together.</summary>
internal sealed class PartOfPieceException(byte[] done, Exception reason) : Exception(reason.Message, reason)
{
    /// <summary>The result up to there.</summary>
    public byte[] Done { get; } = done;
}
