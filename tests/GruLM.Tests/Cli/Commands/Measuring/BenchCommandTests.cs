// grulm bench on sizes that take no time: each measurement gives its figures, as lines and as JSON, and bench scaling's are consistent.

using System.Text.Json;
using GruLM.Kernels;

namespace GruLM.Tests.Cli;

public sealed class BenchCommandTests : IDisposable
{
    private static readonly string[] s_small =
    [
        "--hidden-dim", "16", "--emb-dim", "16", "--vocab-size", "300", "--batch-size", "4", "--bptt", "8", "--steps", "3",
        "--threads", "1",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

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
    public void A_peer_is_given_the_sizes_and_runs_in_turn_with_the_best_of_its_threads()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("the peer is a shell script");

        // Twice as fast with one thread as with two. What it was given is kept.
        string peer = Script("""
            echo "$*" >> "$(dirname "$0")/given"
            echo building
            echo "{\"peer\": \"other 1.0\", \"tokens_per_s\": $((2000 / $8))}"
            """);
        string[] two = [.. s_small[..^1], "2", "--precision", "fp32"];
        JsonElement step = Json(["bench", "train", .. two, "--peer", peer]).Single();
        Assert.Equal("other 1.0", step.GetProperty("peer").GetString());
        Assert.Equal(1, step.GetProperty("peer_threads").GetInt32());
        Assert.Equal(2000, step.GetProperty("peer_tokens_per_s").GetDouble());
        Assert.True(step.GetProperty("ratio_to_peer").GetDouble() > 0);
        string given = "300 16 16 2 4 8 3";
        Assert.Equal(
            [$"{given} 2 fp32", $"{given} 1 fp32", $"{given} 1 fp32", $"{given} 1 fp32"],
            File.ReadAllLines(Path.Combine(_folder, "given")));
        string lines = Run(["bench", "train", .. s_small, "--peer", peer]);
        Assert.EndsWith(KernelChoice.UsesBf16(Precision.Auto) ? " bf16" : " fp32", File.ReadLines(Path.Combine(_folder, "given")).Last());
        Assert.Contains("\nother 1.0, 1 thread: 2,000 tokens/s; GruLM makes ", lines, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 3", "ended with exit code 3")]
    [InlineData("true", "it wrote nothing")]
    [InlineData("echo left behind; sleep 9 &", "its last line is left behind")]
    [InlineData("echo no figures today", "its last line is no figures today")]
    [InlineData("echo '{\"tokens_per_s\": 0}'", "its last line is {")]
    public void A_peer_that_gives_no_figure_is_named(string script, string reason)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("the peer is a shell script");
        string peer = Script(script);
        (int code, string _, string error) = CommandsTests.Run(["bench", "train", .. s_small, "--peer", peer]);
        Assert.Equal(1, code);
        Assert.StartsWith($"grulm: {peer}: ", error, StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_that_is_not_there_is_named()
    {
        (int code, string _, string error) = CommandsTests.Run(["bench", "train", .. s_small, "--peer", "/nowhere/peer"]);
        Assert.Equal(1, code);
        Assert.StartsWith("grulm: --peer /nowhere/peer: ", error, StringComparison.Ordinal);
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

    private string Script(string lines)
    {
        string path = Path.Combine(_folder, "peer.sh");
        File.WriteAllText(path, $"#!/bin/sh\n{lines}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
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
