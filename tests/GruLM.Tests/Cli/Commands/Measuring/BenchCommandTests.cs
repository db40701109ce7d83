// grulm bench on sizes that take no time: each measurement gives its figures, as lines and as JSON, and bench scaling's are consistent.

using System.Text.Json;

namespace GruLM.Tests.Cli;

public sealed class BenchCommandTests
{
    private static readonly string[] s_small =
    [
        "--hidden-dim", "16", "--emb-dim", "16", "--vocab-size", "300", "--batch-size", "4", "--bptt", "8", "--steps", "3",
        "--threads", "1",
    ];

    [Fact]
    public void A_training_step_has_time_and_speed()
    {
        JsonElement step = Json(["bench", "train", .. s_small]).Single();
        Assert.Equal("train V 300 E 16 H 16 L 2 B 4 T 8", step.GetProperty("case").GetString());
        double ms = step.GetProperty("median_ms").GetDouble(), speed = step.GetProperty("tokens_per_s").GetDouble();
        Assert.Equal(4 * 8, speed * ms / 1e3, 0.5);
        string lines = Run(["bench", "train", .. s_small]);
        Assert.Contains("tokens/s", lines, StringComparison.Ordinal);
        Assert.Contains("of the fp32 ceiling", lines, StringComparison.Ordinal);
    }

    [Fact]
    public void More_processes_are_predicted_with_the_whole_batch_and_with_one_that_grows()
    {
        JsonElement[] rows = [.. Json(["bench", "scaling", .. s_small, "--ranks", "2..8", "--bandwidth", "100"])];
        Assert.Equal([2, 4, 2, 4, 8], rows.Select(row => row.GetProperty("processes").GetInt32()));
        Assert.Equal([2, 1, 4, 4, 4], rows.Select(row => row.GetProperty("lanes").GetInt32()));
        Assert.All(rows, row =>
        {
            double tokens = row.GetProperty("batch").GetString() == "whole" ? 4 * 8 : 4 * 8 * row.GetProperty("processes").GetInt32();
            double ms = row.GetProperty("predicted_ms").GetDouble();
            Assert.Equal(1, row.GetProperty("tokens_per_s").GetDouble() * ms / 1e3 / tokens, 0.01);
            double times = row.GetProperty("speedup").GetDouble();
            Assert.Equal(times / row.GetProperty("processes").GetInt32(), row.GetProperty("efficiency").GetDouble(), 1e-3);
            Assert.InRange(row.GetProperty("communication").GetDouble(), 0, 1);
        });

        string lines = Run(["bench", "scaling", .. s_small, "--ranks", "2"]);
        Assert.Contains("the whole batch of 4 lanes over all", lines, StringComparison.Ordinal);
        Assert.Contains("\nfastest: ", lines, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_carries_next_to_nothing_makes_more_processes_useless()
    {
        string[] poor = ["--ranks", "2..64", "--bandwidth", "0.0001", "--latency", "10000"];
        IEnumerable<JsonElement> rows = Json(["bench", "scaling", .. s_small, .. poor]);
        Assert.All(rows, row => Assert.True(row.GetProperty("efficiency").GetDouble() < 0.5));
        Assert.Contains("does for none of these", Run(["bench", "scaling", .. s_small, .. poor]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("8..2")]
    [InlineData("2..")]
    [InlineData("2..4..8")]
    [InlineData("many")]
    public void Odd_numbers_of_processes_are_refused(string ranks)
    {
        (int code, string _, string error) = CommandsTests.Run(["bench", "scaling", "--ranks", ranks]);
        Assert.Equal(2, code);
        Assert.Equal($"grulm: --ranks {ranks}: numbers from 2 to 65536, the smaller first, were expected, such as 2..1024 or 8\n", error);
    }

    private static string Run(string[] words)
    {
        (int code, string output, string error) = CommandsTests.Run(words);
        Assert.True(code == 0, error);
        return output;
    }

    private static IEnumerable<JsonElement> Json(string[] words) =>
        Run([.. words, "--json"]).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement);
}
