// /metrics: what was asked is counted under the names of OpenTelemetry, in a format that Prometheus reads, and nobody can make up labels.

using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using GruLM.Server;

namespace GruLM.Tests;

public sealed partial class MetricsTests
{
    [Fact]
    public async Task Requests_are_counted_by_what_they_ask()
    {
        await using TestServer server = await TestServer.Start();
        await server.Ask("/v1/completions", """{"prompt":"How are","max_tokens":20,"ignore_eos":true}""");
        await server.Stream("/v1/chat/completions", """{"messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"stream":true}""");
        await server.Ask("/v1/embeddings", """{"input":"How are you?"}""");
        await server.Post("/v1/completions", """{"prompt":5}""");
        string text = await Scrape(server);
        const string model = "gen_ai_request_model=\"tiny\"";
        const string requests = "gen_ai_server_request_duration_seconds_count";
        Assert.Equal(1, ValueOf(text, $"{requests}{{gen_ai_operation_name=\"text_completion\",{model}}}"));
        Assert.Equal(1, ValueOf(text, $"{requests}{{gen_ai_operation_name=\"chat\",{model}}}"));
        Assert.Equal(1, ValueOf(text, $"{requests}{{gen_ai_operation_name=\"embeddings\",{model}}}"));
        Assert.Equal(1, ValueOf(text, $"{requests}{{gen_ai_operation_name=\"text_completion\",{model},error_type=\"400\"}}"));
        const string written = $"gen_ai_operation_name=\"text_completion\",{model},gen_ai_token_type=\"output\"";
        Assert.Equal(20, ValueOf(text, $"gen_ai_client_token_usage_sum{{{written}}}"));
        Assert.Equal(0, ValueOf(text, $"gen_ai_client_token_usage_bucket{{{written},le=\"16\"}}"));
        Assert.Equal(1, ValueOf(text, $"gen_ai_client_token_usage_bucket{{{written},le=\"64\"}}"));
        Assert.Equal(1, ValueOf(text, $"gen_ai_client_token_usage_bucket{{{written},le=\"+Inf\"}}"));
        const string first = "gen_ai_server_time_to_first_token_seconds_count";
        Assert.Equal(1, ValueOf(text, $"{first}{{gen_ai_operation_name=\"text_completion\",{model}}}"));
        string perToken = $"gen_ai_server_time_per_output_token_seconds_sum{{gen_ai_operation_name=\"text_completion\",{model}}}";
        Assert.InRange(ValueOf(text, perToken), 1e-9, 10);
        Assert.Equal(0, ValueOf(text, "grulm_server_texts"));
        Assert.Equal(0, ValueOf(text, "grulm_server_requests_waiting"));
        Assert.Equal(0, ValueOf(text, "grulm_server_requests_refused_total"));
        Assert.Equal(0, ValueOf(text, $"grulm_server_prefix_states_size_bytes{{{model}}}"));
    }

    [Fact]
    public async Task Every_line_is_one_that_Prometheus_reads()
    {
        await using TestServer server = await TestServer.Start();
        await server.Ask("/v1/completions", """{"prompt":"How are","max_tokens":3}""");
        string text = await Scrape(server);
        Assert.EndsWith("\n", text);
        string[] lines = text.TrimEnd('\n').Split('\n');
        var types = new Dictionary<string, string>();
        foreach (string line in lines)
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) types.Add(line.Split(' ')[2], line.Split(' ')[3]);
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal)) Assert.Matches(Sample(), line);
        }

        Assert.Equal("histogram", types["gen_ai_server_request_duration_seconds"]);
        Assert.Equal("counter", types["grulm_server_requests_refused_total"]);
        Assert.Equal("gauge", types["grulm_server_prefix_states_size_bytes"]);
        IEnumerable<string> names = lines.Where(line => line[0] != '#').Select(line => line[..line.AsSpan().IndexOfAny('{', ' ')])
            .Select(name => Suffix().Replace(name, "")).Distinct();
        Assert.All(names, name => Assert.True(types.ContainsKey(name), name));
    }

    [Fact]
    public async Task Names_of_models_that_are_not_there_are_no_labels()
    {
        await using TestServer server = await TestServer.Start();
        for (int i = 0; i < 5; i++) await server.Post("/v1/completions", $$"""{"model":"made-up-{{i}}","prompt":"a"}""");
        string text = await Scrape(server);
        Assert.DoesNotContain("made-up", text);
        Assert.Equal(5, ValueOf(
            text, "gen_ai_server_request_duration_seconds_count{gen_ai_operation_name=\"text_completion\",error_type=\"404\"}"));
    }

    [Fact]
    public void Labels_are_escaped()
    {
        using var meter = new Meter("test");
        using var text = new PrometheusText(meter);
        Histogram<double> histogram = meter.CreateHistogram(
            "a.b", "s", "Times", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 2] });
        foreach (double value in (double[])[0.5, 1, 3]) histogram.Record(value, new KeyValuePair<string, object?>("x.y", "a\"b\\c\nd"));
        const string label = """x_y="a\"b\\c\nd" """;
        string labels = label.TrimEnd();
        Assert.Equal(
            $$"""
            # HELP a_b_seconds Times
            # TYPE a_b_seconds histogram
            a_b_seconds_bucket{{{labels}},le="0.5"} 1
            a_b_seconds_bucket{{{labels}},le="2"} 2
            a_b_seconds_bucket{{{labels}},le="+Inf"} 3
            a_b_seconds_sum{{{labels}}} 4.5
            a_b_seconds_count{{{labels}}} 3

            """.ReplaceLineEndings("\n"),
            text.Write());
    }

    [Fact]
    public void A_meter_of_the_same_name_is_not_another_servers()
    {
        using var one = new Meter(ServerMeters.Name);
        using var other = new Meter(ServerMeters.Name);
        using var text = new PrometheusText(one);
        other.CreateHistogram<double>("theirs").Record(1);
        Assert.Equal("", text.Write());
    }

    private static async Task<string> Scrape(TestServer server)
    {
        using HttpResponseMessage response = await server.Client.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static double ValueOf(string text, string series)
    {
        string line = Assert.Single(text.Split('\n'), line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return double.Parse(line[series.Length..], CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*(\{[a-z_]+=""[^""\n]*""(,[a-z_]+=""[^""\n]*"")*\})? [0-9.E+-]+$")]
    private static partial Regex Sample();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
