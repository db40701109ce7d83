// What people ask of a run's model at its end besides the held-out figure: how many questions it answers, and what it gained and forgot.

using GruLM.Generation;
using GruLM.Model;

namespace GruLM;

/// <summary>Judges the model of a run that has ended. Used by one thread at a time.</summary>
/// <param name="answers">The questions that it is asked; null: none.</param>
/// <param name="fineTuning">The model that it was trained from; null: none.</param>
/// <param name="device">What computes.</param>
internal sealed class RunJudge(RunAnswers? answers, FineTuning? fineTuning, IDevice device)
{
    /// <summary>The model that training started from; null: starting values.</summary>
    public FineTuning? FineTuning => fineTuning;

    /// <summary>The outcome with what was found of the model in the folder. Where the <paramref name="last"/> model is worth more, it is
    /// saved there. Cancelled, nothing was found.</summary>
    public RunOutcome Judge(RunOutcome outcome, ITrainableModel last, IRunFolder folder, CancellationToken cancel)
    {
        try
        {
            bool isLastBest = outcome.Position.Best is null || outcome.Position.BestStep == outcome.Position.Step;
            GruParameters saved = ModelFile.ReadTensors(folder.WeightsPath, last.Config);
            using ITrainableModel best = device.CreateModel(saved, new ModelOptions());
            AnswerFigures? figures = answers?.Count(best, cancel);
            if (figures is not null && !isLastBest) figures = BetterAnswers(figures, last, folder, cancel);
            return outcome with { Answers = figures, FineTuning = fineTuning?.Compare(best, cancel) };
        }
        catch (OperationCanceledException)
        {
            return outcome;
        }
    }

    // Those of the last model, which is saved then, where it is worth more.
    private AnswerFigures BetterAnswers(AnswerFigures best, ITrainableModel model, IRunFolder folder, CancellationToken cancel)
    {
        model.SwapAverage();
        try
        {
            AnswerFigures last = answers!.Count(model, cancel);
            if (!RunAnswers.IsLastBetter(best, last)) return best;
            folder.SaveModel(model, isInterim: false);
            return last with { KeepsLast = true };
        }
        finally
        {
            model.SwapAverage();
        }
    }
}
