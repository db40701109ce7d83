// How far a run has come, roughly.

namespace GruLM.Report;

/// <summary>A stage of a run that is watched.</summary>
internal enum LiveStage
{
    /// <summary>Text, tokenizer and model are made ready.</summary>
    Preparing,

    /// <summary>It trains.</summary>
    Running,

    /// <summary>It has come to its end.</summary>
    Finished,

    /// <summary>It was stopped, and can be resumed.</summary>
    Stopped,

    /// <summary>It failed, or was given up before it had begun.</summary>
    GivenUp,
}
