// How many answers a run's model gets wholly right.

using GruLM.Training;

namespace GruLM;

/// <summary>Answers that a run's model gets wholly right. Immutable.</summary>
/// <param name="Learned">Of questions that it learned from, some hundred of them.</param>
/// <param name="HeldOut">Of held-out ones; null where none are held out.</param>
/// <param name="KeepsLast">Whether the last model was kept, since it answers plainly more of what it learned than the one with the best
/// held-out figure, and no fewer of what was held out: facts are learned by heart.</param>
public sealed record AnswerFigures(AnswerCount Learned, AnswerCount? HeldOut, bool KeepsLast = false);
