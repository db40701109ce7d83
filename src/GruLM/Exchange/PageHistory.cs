// The run of a model for its page: the curves that students look at and samples that it wrote on the way, thinned out to a few kilobytes.
// A folder without a run has none.

using System.Text.Json;
using GruLM.Report;

namespace GruLM;

/// <summary>Writes the history of a run into the description of a page. Thread-safe: it has no state.</summary>
internal static class PageHistory
{
    private const int MostPoints = 200, MostSamples = 12, LongestSample = 600;

    // Titles, units, and the names of figures in metrics.jsonl with what they are called.
    private static readonly (string Title, string Unit, (string Name, string Called)[] Figures)[] s_charts =
    [
        ("Loss", "nats a token, by step", [("train_nll", "training text"), ("val_nll", "held-out text")]),
        ("Held-out bits per byte", "by step", [("val_bits_per_byte", "held-out text")]),
        ("Learning rate", "by step", [("lr", "learning rate")]),
    ];

    /// <summary>Writes the property <c>history</c> where the folder holds a run with figures.</summary>
    /// <exception cref="IOException">A file of the run is there and cannot be read.</exception>
    public static void Write(Utf8JsonWriter json, string folder)
    {
        if (!RunHistory.IsIn(folder)) return;
        var history = RunHistory.Read(folder);
        var charts = s_charts.Select(chart => (chart.Title, chart.Unit, Curves: Curves(history, chart.Figures))).ToList();
        charts.RemoveAll(chart => chart.Curves.Count == 0);
        if (charts.Count == 0) return;
        json.WriteStartObject("history");
        json.WriteStartArray("curves");
        foreach ((string title, string unit, List<Curve> curves) in charts)
        {
            json.WriteStartObject();
            json.WriteString("title", title);
            json.WriteString("unit", unit);
            json.WriteStartArray("lines");
            foreach (Curve curve in curves) WriteCurve(json, curve);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteSamples(json, history.Samples);
        json.WriteEndObject();
    }

    // One point is no curve.
    private static List<Curve> Curves(RunHistory history, (string Name, string Called)[] figures) =>
    [
        .. figures.Select(figure => new Curve(figure.Called, "", [.. history.Figures(figure.Name).Where(IsFinite)]))
            .Where(curve => curve.Points.Count > 1).Select(curve => curve.Thinned(MostPoints)),
    ];

    private static bool IsFinite((double Step, double Figure) point) => double.IsFinite(point.Figure);

    private static void WriteCurve(Utf8JsonWriter json, Curve curve)
    {
        json.WriteStartObject();
        json.WriteString("name", curve.Name);
        json.WriteStartArray("steps");
        foreach ((double step, _) in curve.Points) json.WriteNumberValue((long)step);
        json.WriteEndArray();
        json.WriteStartArray("figures");
        foreach ((_, double figure) in curve.Points) json.WriteNumberValue((float)figure);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSamples(Utf8JsonWriter json, List<RunSample> samples)
    {
        int count = Math.Min(samples.Count, MostSamples);
        json.WriteStartArray("samples");
        for (int i = 0; i < count; i++)
        {
            // The first and the last, and as many as there is room for between them.
            RunSample sample = samples[count == 1 ? 0 : (int)((long)i * (samples.Count - 1) / (count - 1))];
            string text = sample.Prompt + sample.Text;
            json.WriteStartObject();
            json.WriteNumber("step", sample.Step);
            json.WriteString("text", text.Length <= LongestSample ? text : text[..LongestSample] + " …");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
