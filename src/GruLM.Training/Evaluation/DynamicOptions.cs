// What dynamic evaluation can be told. What it does is in DynamicEvaluation.cs.

using GruLM.Model;

namespace GruLM.Training;

/// <summary>How a model adapts while it is evaluated. The defaults were found by experiment on a model of two minutes' training: good on
/// more of the same text and on another book alike. Immutable, and so safe for several threads.</summary>
public sealed record DynamicOptions
{
    /// <summary>Tokens that are scored before they are learned from together.</summary>
    public int Segment { get; init; } = 32;

    /// <summary>Size of an update, in units of the parameters: each moves by about this much where its gradient is as large as
    /// usual.</summary>
    public double LearningRate { get; init; } = 0.001;

    /// <summary>The share of the way back to its trained value that each parameter goes at each update.</summary>
    public double Decay { get; init; } = 0.003;

    /// <summary>Throws <see cref="ArgumentException"/>, naming the property, when a value is out of range.</summary>
    public void Validate()
    {
        Setting.InRange(Segment, 1, 1 << 16, nameof(Segment));
        Setting.InRange(LearningRate, 0, 1, nameof(LearningRate));
        Setting.InRange(Decay, 0, 1, nameof(Decay));
    }
}
