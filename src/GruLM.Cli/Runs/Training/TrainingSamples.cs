// A short text by the model in training, now and then, so that one can watch it learn: on the screen, and in training/samples.jsonl.
// The seed is fixed: what changes is the model.

using GruLM.Training;

namespace GruLM.Cli;

/// <summary>Shows a sample every so many steps and writes it to <paramref name="lines"/>.</summary>
internal sealed class TrainingSamples(TextTraining run, string prompt, TrainingDisplay display, StepLines lines) : ITrainingObserver
{
    /// <summary>The file's name, in the folder of training files.</summary>
    public const string Name = "samples.jsonl";

    private const int MaxTokens = 60;

    public void OnSampleDue(long step)
    {
        string text = run.Sample(prompt, MaxTokens);
        string onOneLine = text.ReplaceLineEndings("⏎");
        display.WriteLasting($"sample at step {step}: {onOneLine}");
        string continuation = text.StartsWith(prompt, StringComparison.Ordinal) ? text[prompt.Length..] : text;
        lines.Write(step, json =>
        {
            json.WriteString("prompt", prompt);
            json.WriteString("text", continuation);
        });
    }

    public void OnSteps(StepReport report)
    {
        // Only samples are shown here; the display has the rest.
    }

    public void OnEvaluation(EvaluationReport report)
    {
    }

    public void OnEpoch(EpochReport report)
    {
    }

    public void OnCheckpoint(string folder) => lines.FlushToDisk();

    public void OnNotice(long step, string message)
    {
    }
}
