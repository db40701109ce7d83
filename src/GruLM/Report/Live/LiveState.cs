// What the page of a run at work shows at a time.

namespace GruLM.Report;

/// <summary>What has been told of a run.</summary>
/// <param name="Count">How often something was told.</param>
/// <param name="Stage">How far the run has come.</param>
/// <param name="Words">The same for people.</param>
internal sealed record LiveStatus(long Count, LiveStage Stage, string Words)
{
    /// <summary>Whether the run has ended.</summary>
    public bool IsLast => Stage > LiveStage.Running;

    /// <summary>What has been told after one thing more.</summary>
    public LiveStatus Then(LiveStage stage, string words) => new(Count + 1, stage, words);
}

/// <summary>A page's content.</summary>
/// <param name="Status">What had been told.</param>
/// <param name="Report">The report as markup: what stands between heading and foot of the page that is written of a folder.</param>
internal sealed record LiveState(LiveStatus Status, string Report);
