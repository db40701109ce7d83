// A line of metrics.jsonl with held-out figures.

namespace GruLM.Report;

/// <summary>A held-out evaluation of a run.</summary>
internal readonly record struct EvaluatedStep(double Step, double Nll, double Perplexity, double BitsPerByte, double TokenAccuracy);
