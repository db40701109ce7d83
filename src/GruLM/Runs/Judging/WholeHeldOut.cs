// The figures of a run's best model on all that was held out. While a run trains, evaluations may read only some of it, for the sake of
// time; at its end people compare with what evaluating the folder says.

using GruLM.Generation;
using GruLM.Model;
using GruLM.Training;

namespace GruLM;

/// <summary>Evaluates on a whole held-out part.</summary>
internal static class WholeHeldOut
{
    // Nobody waits for longer than this, nor for longer than this share of the training, unless it is a moment.
    private const double MostSeconds = 5, Moment = 1;
    private const double MostShare = 0.1;

    /// <summary>The figures of the weights in a file, as evaluating their folder gives them; null where that takes too long.</summary>
    public static EvaluationResult? Evaluate(TextTraining training, string weights, IDevice device, CancellationToken cancel)
    {
        double seconds = Math.Clamp(MostShare * training.Position.Seconds, Moment, MostSeconds);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        enough.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            GruParameters saved = ModelFile.ReadTensors(weights, training.Model.Config);
            using ITrainableModel best = device.CreateModel(saved, new ModelOptions());
            return training.HeldOut switch
            {
                HeldOutStream stream => Evaluation.Stream(best, stream, null, enough.Token),
                HeldOutLines lines => Evaluation.Lines(best, lines, 0, null, enough.Token),
                _ => null,
            };
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
