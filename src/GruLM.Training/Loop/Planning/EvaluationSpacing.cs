// How far apart the evaluations inside an epoch are. Runs of many epochs are evaluated at the end of each; in a run of a few, the curve of
// the held-out figure would have as few points, and the best of so few models would be kept.

namespace GruLM.Training;

/// <summary>Spaces evaluations inside epochs.</summary>
internal static class EvaluationSpacing
{
    /// <summary>Steps between evaluations inside an epoch of <paramref name="stepsInEpoch"/>, so that a run of
    /// <paramref name="total"/> steps has about <paramref name="least"/>; null where the ends of epochs are enough.</summary>
    public static int? Steps(int least, long total, int stepsInEpoch)
    {
        if (least == 0) return null;
        double parts = Math.Min(Math.Round(least * (double)stepsInEpoch / Math.Max(1, total)), stepsInEpoch);
        return parts < 2 ? null : (int)Math.Ceiling(stepsInEpoch / parts);
    }

    /// <summary>Evaluations that a step comes with in such a run, those at the ends of epochs included.</summary>
    public static double EachStep(int least, long total, int stepsInEpoch) => 1.0 / (Steps(least, total, stepsInEpoch) ?? stepsInEpoch);
}
