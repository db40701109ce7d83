// What a training tells its caller while it runs; the library itself never prints.
namespace GruLM.Tokenization;

/// <summary>How far a training has come. Immutable, and so safe for several threads.</summary>
/// <param name="Stage">What is being done, in a few words.</param>
/// <param name="Done">How much of it is done.</param>
/// <param name="Total">How much there is, 0 where that is not known.</param>
public readonly record struct TrainingProgress(string Stage, long Done, long Total)
{
    /// <summary>Which sentences have been left out so far.</summary>
    public LeftOutSentences LeftOut { get; init; }
}
