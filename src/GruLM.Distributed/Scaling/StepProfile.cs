// When in a training step the gradients become complete, measured on one process: what a prediction for several needs to know of the
// computing.

using System.Diagnostics;
using GruLM.Model;

namespace GruLM.Distributed;

/// <summary>A part of the gradient that is complete.</summary>
/// <param name="Seconds">When, from the beginning of the step.</param>
/// <param name="Numbers">How many numbers it has.</param>
internal readonly record struct ReadyPart(double Seconds, double Numbers);

/// <summary>One training step of a process without others.</summary>
/// <param name="Parts">The parts of the gradient but for the embedding's, in the order in which they become complete.</param>
/// <param name="Backward">When the backward pass has ended.</param>
/// <param name="Update">Seconds that norm and update take after it.</param>
/// <param name="Rows">Rows of the embedding that have a gradient.</param>
internal sealed record StepProfile(IReadOnlyList<ReadyPart> Parts, double Backward, double Update, double Rows)
{
    /// <summary>Seconds of the whole step.</summary>
    public double Seconds => Backward + Update;

    /// <summary>Measures steps on <paramref name="batch"/>, after two that do not count; fewer of them where <paramref name="cancel"/> is
    /// cancelled meanwhile.</summary>
    public static StepProfile Measure(GruLanguageModel model, TokenBatch batch, int steps, CancellationToken cancel)
    {
        var all = new List<StepProfile>();
        for (int step = -2; step < steps; step++)
        {
            if (all.Count > 0 && cancel.IsCancellationRequested) break;
            var watch = new Watch(model);
            model.ForwardBackward(batch, batch.Targets.Length, step + 2, watch);
            double backward = watch.Seconds;
            model.Update(1e-4, Math.Min(1, 1 / model.GradientNorm()));
            if (step >= 0) all.Add(new StepProfile(watch.Parts, backward, watch.Seconds - backward, 0));
        }

        return new StepProfile(
            [.. all[0].Parts.Select((part, i) => part with { Seconds = Median(all.Select(profile => profile.Parts[i].Seconds)) })],
            Median(all.Select(profile => profile.Backward)),
            Median(all.Select(profile => profile.Update)),
            batch.Inputs.Distinct().Count());
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed unsafe class Watch(GruLanguageModel model) : IGradientWatcher
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        public List<ReadyPart> Parts { get; } = [];

        public double Seconds => Stopwatch.GetElapsedTime(_start).TotalSeconds;

        public void OutputReady() => Parts.Add(new ReadyPart(Seconds, (double)model.Config.VocabSize * model.Config.HiddenDim));

        public void LayerReady(int layer)
        {
            ParameterView first = model.Gradients.Views[1 + (4 * layer)], last = model.Gradients.Views[4 + (4 * layer)];
            Parts.Add(new ReadyPart(Seconds, last.Offset + last.Length - first.Offset));
        }

        public bool TakesRows(float* rows, int stride) => false;

        public void EmbeddingReady()
        {
        }
    }
}
