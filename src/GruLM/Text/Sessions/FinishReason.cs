// Why a text that was written ended.

namespace GruLM;

/// <summary>What ended a text.</summary>
public enum FinishReason
{
    /// <summary>It has not ended, or it was cut short.</summary>
    Interrupted,

    /// <summary>A stop token or a stop string.</summary>
    Stop,

    /// <summary>It got as long as it may.</summary>
    Length,
}
