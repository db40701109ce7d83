// What dynamic evaluation can be told. What it does is in DynamicEvaluation.cs.

namespace GruLM.Training;

/// <summary>How a model adapts while it is evaluated. The defaults were found by experiment on a model of two minutes' training: good on
/// more of the same text and on another book alike.</summary>
public sealed record DynamicOptions
{
    /// <summary>Tokens that are scored before they are learned from together.</summary>
    public int Segment { get; init; } = 32;

    /// <summary>Size of an update, in units of the parameters: each moves by about this much where its gradient is as large as
    /// usual.</summary>
    public double LearningRate { get; init; } = 0.001;

    /// <summary>The share of the way back to its trained value that each parameter goes at each update.</summary>
    public double Decay { get; init; } = 0.003;
}
