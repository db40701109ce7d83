// The charts of a page: the same six for one run and for several, whose curves share the pictures then.

using System.Text;

namespace GruLM.Report;

/// <summary>Writes the charts of runs.</summary>
internal static class RunCharts
{
    /// <summary>Writes the charts that have a curve, under a heading; nothing when none has.</summary>
    public static void Write(StringBuilder page, IReadOnlyList<ChartedRun> runs)
    {
        // With several runs a curve alone in its picture needs its name, too.
        bool named = runs.Count > 1;
        string charts = string.Concat(
            Chart("Loss", "nats a token, by step", "train_nll", "val_nll"),
            Chart("Held-out bits per byte", "by step", null, "val_bits_per_byte"),
            Chart("Token accuracy", "share of tokens, by step", "token_accuracy", "val_token_accuracy"),
            Chart("Learning rate", "by step", "lr", null),
            Chart("Gradient norm", "before clipping, by step", "grad_norm", null, logarithmic: true),
            Chart("Throughput", "tokens a second, by step", "tokens_per_s", null));
        if (charts.Length > 0) page.Append("<h2>Curves</h2>\n<div class=\"charts\">\n").Append(charts).Append("</div>\n");

        string Chart(string title, string unit, string? training, string? heldOut, bool logarithmic = false)
        {
            var curves = new List<Curve>();
            foreach (ChartedRun run in runs)
            {
                if (training is not null) curves.Add(new Curve(run.Training, run.TrainingStyle, run.History.Figures(training)));
                if (heldOut is not null) curves.Add(new Curve(run.HeldOut, run.HeldOutStyle, run.History.Figures(heldOut)));
            }

            return new SvgChart(title, unit, curves, logarithmic, named).Draw();
        }
    }
}

/// <summary>A run and what its curves are called.</summary>
/// <param name="History">Its figures.</param>
/// <param name="Training">What the legend says of figures on training text.</param>
/// <param name="TrainingStyle">Their class in the style sheet.</param>
/// <param name="HeldOut">What the legend says of figures on held-out text.</param>
/// <param name="HeldOutStyle">Their class in the style sheet.</param>
internal sealed record ChartedRun(RunHistory History, string Training, string TrainingStyle, string HeldOut, string HeldOutStyle);
