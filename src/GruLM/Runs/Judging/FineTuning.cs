// A model that is trained further: what it gains on the new text and what it forgets of the old, by the same held-out parts before and
// after.

using GruLM.Corpus;
using GruLM.Generation;
using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>Compares a model with the one that it was trained from. Used by one thread at a time.</summary>
internal sealed class FineTuning
{
    // An evaluation reads no more than this, and of the first model's text no more than this is read anew.
    private const long MostTokens = 100_000;
    private const long MostBytesOfOldText = 64 << 20;

    private readonly HeldOut _new;
    private readonly HeldOut? _old;
    private readonly long _evalTokens;

    private FineTuning(HeldOut heldOut, HeldOut? old, long evalTokens) => (_new, _old, _evalTokens) = (heldOut, old, evalTokens);

    /// <summary>Of the model before, on the new text.</summary>
    public EvaluationResult Before { get; private set; }

    /// <summary>Of the model before, on the text that it was trained on; null where that is not to be had, or long.</summary>
    public EvaluationResult? OldBefore { get; private set; }

    /// <summary>Evaluates the model in <paramref name="source"/>; null where the run holds nothing out, or the model cannot be
    /// read.</summary>
    public static FineTuning? Begin(
        string source, TextTraining run, TrainingOptions options, IDevice device, CancellationToken cancel)
    {
        if (run.HeldOut is not { } heldOut) return null;
        long most = options.EvalTokens > 0 ? Math.Min(options.EvalTokens, MostTokens) : MostTokens;
        try
        {
            var fineTuning = new FineTuning(heldOut, OldHeldOut(source, run, most, cancel), most);
            GruParameters saved = ModelFile.ReadTensors(Path.Combine(source, ModelFile.WeightsName), run.Model.Config);
            using ITrainableModel model = device.CreateModel(saved, new ModelOptions());
            (fineTuning.Before, fineTuning.OldBefore) = fineTuning.Evaluate(model, cancel);
            return fineTuning;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // A run that goes on does not need the model that it began with.
            return null;
        }
    }

    /// <summary>Compares the new model.</summary>
    public FineTuningFigures Compare(ITrainableModel model, CancellationToken cancel)
    {
        (EvaluationResult after, EvaluationResult? oldAfter) = Evaluate(model, cancel);
        return new FineTuningFigures(Before, after, OldBefore, oldAfter);
    }

    private (EvaluationResult New, EvaluationResult? Old) Evaluate(ITrainableModel model, CancellationToken cancel) => (
        Evaluation.Quick(model, _new, _evalTokens, cancel),
        _old is null ? null : Evaluation.Quick(model, _old, _evalTokens, cancel));

    // What the training of the first model held out, where it says so and the text is there, still the same, and not too long to be read
    // for this alone.
    private static HeldOut? OldHeldOut(string source, TextTraining run, long most, CancellationToken cancel)
    {
        (GruConfig config, SampleKind samples) = ModelFolder.ReadConfig(source);
        try
        {
            var recorded = RecordedText.Of(source, samples);
            if (recorded.Bytes is not { } bytes || bytes > MostBytesOfOldText) return null;
            CorpusText text = recorded.HeldOut(new CorpusReading(new NoProgress(), cancel));
            if (samples == SampleKind.Stream) return TokenizedText.HeldOutStream(run.Tokenizer, text, most, cancel);
            var frame = LineFrame.Of(run.Tokenizer, config.Opening, recorded.MaskPrompt);
            return frame.HeldOut(run.Tokenizer, text.Samples(), most, cancel);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
