// What a meter's instruments have measured, as Prometheus reads it: its text format, version 0.0.4. Names follow OpenTelemetry's rules for
// Prometheus: dots become underscores, and the unit and, for counters, _total stand at the end.

using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace GruLM.Server;

/// <summary>Collects measurements and writes them. Safe for several threads.</summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly Lock _gate = new();
    private readonly MeterListener _listener = new();
    private readonly List<(Instrument Instrument, List<MetricSeries> Series)> _all = [];

    /// <summary>Listens to one meter, from now on.</summary>
    public PrometheusText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter)) return;
            var series = new List<MetricSeries>();
            lock (_gate) _all.Add((instrument, series));
            listener.EnableMeasurementEvents(instrument, series);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, series) => Take(instrument, value, tags, series));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, series) => Take(instrument, value, tags, series));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, series) => Take(instrument, value, tags, series));
        _listener.Start();
    }

    /// <summary>All that was measured.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        lock (_gate)
        {
            foreach ((Instrument instrument, List<MetricSeries> series) in _all) Write(text, instrument, series);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        string labels = LabelsOf(tags);
        var all = (List<MetricSeries>)state!;
        lock (_gate)
        {
            MetricSeries? series = all.Find(each => each.Labels == labels);
            if (series is null) all.Add(series = new MetricSeries(labels, BoundsOf(instrument)));
            series.Take(value);
        }
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> histogram => [.. histogram.Advice?.HistogramBucketBoundaries ?? []],
        Histogram<long> histogram => [.. (histogram.Advice?.HistogramBucketBoundaries ?? []).Select(bound => (double)bound)],
        _ => [],
    };

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach ((string name, object? value) in tags)
        {
            if (text.Length > 0) text.Append(',');
            text.Append(name.Replace('.', '_')).Append("=\"").Append(Escaped(value?.ToString() ?? "")).Append('"');
        }

        return text.ToString();
    }

    private static string Escaped(string value) => value.Replace(@"\", @"\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private static void Write(StringBuilder text, Instrument instrument, List<MetricSeries> series)
    {
        bool isCounter = instrument is ObservableCounter<long> or ObservableCounter<int>;
        bool isHistogram = instrument is Histogram<double> or Histogram<long>;
        string name = NameOf(instrument) + (isCounter ? "_total" : "");
        string kind = isHistogram ? "histogram" : isCounter ? "counter" : "gauge";
        text.Append("# HELP ").Append(name).Append(' ').Append(instrument.Description).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
        foreach (MetricSeries each in series)
        {
            if (isHistogram) WriteBuckets(text, name, each);
            else Line(text, name, each.Labels, each.Value);
        }
    }

    private static void WriteBuckets(StringBuilder text, string name, MetricSeries series)
    {
        string before = series.Labels.Length > 0 ? series.Labels + "," : "";
        long all = 0;
        foreach ((double bound, long count) in series.Buckets())
        {
            string shown = double.IsInfinity(bound) ? "+Inf" : Number(bound);
            Line(text, name + "_bucket", $"{before}le=\"{shown}\"", count);
            all = count;
        }

        Line(text, name + "_sum", series.Labels, series.Value);
        Line(text, name + "_count", series.Labels, all);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string NameOf(Instrument instrument)
    {
        string name = instrument.Name.Replace('.', '_');
        return instrument.Unit switch
        {
            "s" => name + "_seconds",
            "By" => name + "_bytes",
            _ => name,
        };
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
