// What a server counts and measures, under OpenTelemetry's names for generative models and a few of its own. Whoever listens to the meter
// GruLM.Server in the same process gets all of it; /metrics shows it to others.

using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace GruLM.Server;

/// <summary>The instruments of a server. Safe for several threads.</summary>
internal sealed class ServerMeters : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "GruLM.Server";

    private const string OperationTag = "gen_ai.operation.name";
    private const string ModelTag = "gen_ai.request.model";

    // OpenTelemetry's, with finer ones below them: these models write a token in less than a millisecond.
    private static readonly double[] s_seconds =
        [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

    private static readonly double[] s_firstSeconds =
        [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly double[] s_tokenSeconds =
        [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

    private static readonly long[] s_tokens =
        [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _timeToFirst;
    private readonly Histogram<double> _timePerToken;
    private readonly Histogram<long> _tokens;
    private long _texts;

    /// <summary>The instruments of a server with these models.</summary>
    public ServerMeters(Admission admission, IReadOnlyList<ServedModel> models)
    {
        _duration = Seconds("gen_ai.server.request.duration", "Time from a request's arrival to the end of its answer", s_seconds);
        _timeToFirst = Seconds("gen_ai.server.time_to_first_token", "Time from a request's arrival to its first text", s_firstSeconds);
        _timePerToken = Seconds("gen_ai.server.time_per_output_token", "Time of each token after a text's first", s_tokenSeconds);
        _tokens = Meter.CreateHistogram(
            "gen_ai.client.token.usage", "{token}", "Tokens read and written by requests", null, Buckets(s_tokens));
        Meter.CreateObservableGauge("grulm.server.texts", () => Volatile.Read(ref _texts), "{text}", "Texts that are being written");
        Meter.CreateObservableGauge("grulm.server.requests.active", () => admission.Active, "{request}", "Requests at work");
        Meter.CreateObservableGauge("grulm.server.requests.waiting", () => admission.Waiting, "{request}", "Requests waiting for a place");
        Meter.CreateObservableCounter(
            "grulm.server.requests.refused", () => admission.Refused, "{request}", "Requests refused since too many were waiting");
        Meter.CreateObservableGauge(
            "grulm.server.prefix_states.size",
            () => models.Select(model => new Measurement<long>(model.Prefixes.Bytes, Tag(ModelTag, model.Name))),
            "By",
            "States kept behind beginnings of prompts");
        Meter.CreateObservableCounter(
            "grulm.server.prefix_states.found",
            () => models.Select(model => new Measurement<long>(model.Prefixes.Found, Tag(ModelTag, model.Name))),
            "{prompt}",
            "Prompts whose beginning was found among the states kept");
        Text = new PrometheusText(Meter);
    }

    /// <summary>The meter that all of them belong to.</summary>
    public Meter Meter { get; } = new(Name);

    /// <summary>What they have measured, as text.</summary>
    public PrometheusText Text { get; }

    /// <summary>Notes that a text is begun.</summary>
    public void TextBegins() => Interlocked.Increment(ref _texts);

    /// <summary>Notes that a text is not written any more.</summary>
    public void TextEnds() => Interlocked.Decrement(ref _texts);

    /// <summary>Records a request that has been answered.</summary>
    /// <param name="use">Its figures.</param>
    /// <param name="error">The status of its error; null where there was none.</param>
    public void Record(RequestUse use, int? error)
    {
        long now = Stopwatch.GetTimestamp();

        // A name that a request makes up is no label: anybody could fill the memory with them.
        var tags = new TagList { Tag(OperationTag, use.Operation) };
        if (use.Model is { } model) tags.Add(Tag(ModelTag, model.Name));
        if (error is not null) tags.Add(Tag("error.type", error.ToString()));
        _duration.Record(Stopwatch.GetElapsedTime(use.Started, now).TotalSeconds, tags);
        if (error is not null || use.Model is null) return;
        if (use.First != 0)
        {
            _timeToFirst.Record(Stopwatch.GetElapsedTime(use.Started, use.First).TotalSeconds, tags);
            double rest = Stopwatch.GetElapsedTime(use.First, now).TotalSeconds;
            if (use.TokensWritten > 1) _timePerToken.Record(rest / (use.TokensWritten - 1), tags);
        }

        Record(use.TokensRead, "input", tags);
        Record(use.TokensWritten, "output", tags);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Text.Dispose();
        Meter.Dispose();
    }

    private void Record(long tokens, string type, TagList tags)
    {
        if (tokens == 0) return;
        tags.Add(Tag("gen_ai.token.type", type));
        _tokens.Record(tokens, tags);
    }

    private Histogram<double> Seconds(string name, string help, double[] buckets) =>
        Meter.CreateHistogram(name, "s", help, null, Buckets(buckets));

    private static InstrumentAdvice<T> Buckets<T>(T[] buckets)
        where T : struct => new() { HistogramBucketBoundaries = buckets };

    private static KeyValuePair<string, object?> Tag(string name, string? value) => new(name, value);
}
