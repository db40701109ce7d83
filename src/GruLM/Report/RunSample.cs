// A line of samples.jsonl.

namespace GruLM.Report;

/// <summary>A sample of what the model wrote in training.</summary>
internal sealed record RunSample(long Step, string Prompt, string Text);
