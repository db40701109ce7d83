// A short text by a model in training.

namespace GruLM;

/// <summary>What a model wrote while it was trained.</summary>
/// <param name="Step">Updates made by then.</param>
/// <param name="Prompt">What the text begins with.</param>
/// <param name="Text">How the model went on.</param>
public sealed record TrainingSample(long Step, string Prompt, string Text);
