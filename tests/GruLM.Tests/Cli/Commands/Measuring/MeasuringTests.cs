// grulm score, eval --dynamic and eval --repeats on a small model: the figures agree with each other and with their definitions.

using System.Text;
using System.Text.Json;
using GruLM.Cli;
using GruLM.Corpus;
using GruLM.Tokenization;

namespace GruLM.Tests.Cli;

public sealed class MeasuringTests(TrainedFolder trained) : IClassFixture<TrainedFolder>
{
    [Fact]
    public void Scores_are_those_of_eval_token_by_token()
    {
        // Windows line ends, a byte-order mark and a wrong byte, as files have them.
        string sample = File.ReadAllText(trained.Text)[..20_000].Replace("\n", "\r\n", StringComparison.Ordinal);
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(sample), 0xFF, (byte)'a', (byte)'\n', 0xC3];
        string text = Path.Combine(trained.Root, "scored.txt");
        File.WriteAllBytes(text, bytes);
        (int Code, string Output, string Error) score = CommandsTests.Run("score", "--model", trained.Model, "--data", text, "--json");
        Assert.True(score.Code == 0, score.Error);
        var tokens = score.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(tokens, t => Assert.Equal(["id", "piece", "logprob"], t.EnumerateObject().Select(p => p.Name)));
        var tokenizer = Tokenizer.Load(Path.Combine(trained.Model, "tokenizer.model"));
        List<EncodedPiece> pieces = tokenizer.EncodePieces(TextCorpus.FromBytes(bytes).Utf8.Span);
        Assert.Equal(
            pieces.Select(p => (p.Id, p.Text)),
            tokens.Select(t => (t.GetProperty("id").GetInt32(), t.GetProperty("piece").GetString()!)));
        Assert.Equal(JsonValueKind.Null, tokens[0].GetProperty("logprob").ValueKind);
        using JsonDocument eval = Json("eval", "--model", trained.Model, "--data", text, "--samples", "stream", "--json");
        Assert.Equal(Number(eval, "nll"), -tokens.Skip(1).Average(t => t.GetProperty("logprob").GetDouble()), 1e-6);

        // The summary has eval's figures.
        string figures = CommandsTests.Run("eval", "--model", trained.Model, "--data", text).Output.Split("  token accuracy")[0];
        Assert.StartsWith(figures, score.Error, StringComparison.Ordinal);
        (double count, double length) = (Number(eval, "tokens"), Number(eval, "bytes"));
        string counts = FormattableString.Invariant($"{count:#,0} tokens predicted, {length:#,0} bytes");
        Assert.Contains(counts, score.Error, StringComparison.Ordinal);
        Assert.Equal(score, CommandsTests.Run(bytes, "score", "--model", trained.Model, "--data", "-", "--json"));
    }

    [Fact]
    public void The_listing_has_a_piece_and_a_figure_a_line()
    {
        (int code, string? output, string _) = CommandsTests.Run(
            Encoding.UTF8.GetBytes("The cat\tsat.\n\n\\ a"), "score", "--model", trained.Model, "--data", "-");
        Assert.Equal(0, code);
        string[][] lines = [.. output.TrimEnd('\n').Split('\n').Select(line => line.Split('\t'))];
        Assert.All(lines, line => Assert.Equal(2, line.Length));
        Assert.Equal("-", lines[0][1]);
        Assert.All(lines[1..], line => Assert.True(double.Parse(line[1], System.Globalization.CultureInfo.InvariantCulture) <= 0));
        Assert.Equal(2, lines.Count(line => line[0] == "\\n"));
    }

    [Fact]
    public void What_cannot_be_scored_is_said_in_one_line()
    {
        (int Code, string Output, string Error) empty = CommandsTests.Run([], "score", "--model", trained.Model, "--data", "-");
        Assert.Equal((1, "", "grulm: standard input: is empty, text was expected\n"), empty);
        Assert.Equal(1, CommandsTests.Run("score", "--model", trained.Model, "--data", Path.Combine(trained.Root, "no.txt")).Code);
        Assert.Equal(1, CommandsTests.Run("score", "--model", trained.Model, "--data", trained.Root).Code);
        Assert.Equal(2, CommandsTests.Run("score", "--model", trained.Model).Code);
        (int Code, string Output, string Error) single = CommandsTests.Run(
            "T"u8.ToArray(), "score", "--model", trained.Model, "--data", "-", "--json");
        Assert.Equal(0, single.Code);
        Assert.Contains("nothing to predict", single.Error, StringComparison.Ordinal);
        Assert.Equal(
            (130, "", "grulm: stopped\n"),
            CommandsTests.Run("The cat"u8.ToArray(), new CancellationToken(true), "score", "--model", trained.Model, "--data", "-"));
    }

    [Fact]
    public void A_reader_that_has_enough_is_not_worth_a_word()
    {
        using var error = new StringWriter();
        using (var session = new Session(Stream.Null, new ClosedPipe(), error, errorIsTerminal: false, CancellationToken.None))
        {
            Assert.Equal(1, CommandLine.Run(["score", "--model", trained.Model, "--data", trained.Text], Program.Commands(), session));
        }

        Assert.Equal("", error.ToString());
    }

    [Fact]
    public void Dynamic_figures_stand_beside_the_static_ones_and_the_folder_is_not_changed()
    {
        string text = Path.Combine(trained.Root, "chant.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("Hum zog vax, hum zog vex, so quil the frozen pix.\n", 200)));
        byte[] before = File.ReadAllBytes(Path.Combine(trained.Model, "model.safetensors"));
        using JsonDocument json = Json("eval", "--model", trained.Model, "--data", text, "--dynamic", "--json");
        using JsonDocument plain = Json("eval", "--model", trained.Model, "--data", text, "--json");
        Assert.True(json.RootElement.GetProperty("dynamic").GetBoolean());
        foreach (string name in (string[])["tokens", "bytes", "nll", "perplexity", "bits_per_byte", "token_accuracy"])
        {
            Assert.Equal(Number(plain, name), Number(json, name));
        }

        Assert.True(Number(json, "dynamic_nll") < 0.6 * Number(json, "nll"), $"{Number(json, "dynamic_nll")} after {Number(json, "nll")}");
        Assert.Equal(Math.Exp(Number(json, "dynamic_nll")), Number(json, "dynamic_perplexity"), 1e-9);
        double bits = Number(json, "dynamic_nll") * Number(json, "tokens") / Math.Log(2);
        Assert.Equal(bits / Number(json, "bytes"), Number(json, "dynamic_bits_per_byte"), 1e-9);
        using JsonDocument still = Json("eval", "--model", trained.Model, "--data", text, "--dynamic", "--dynamic-lr", "0", "--json");
        Assert.Equal(Number(still, "nll"), Number(still, "dynamic_nll"), 1e-12);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(trained.Model, "model.safetensors")));
        string output = CommandsTests.Run("eval", "--model", trained.Model, "--data", text, "--dynamic").Output;
        Assert.Contains("adapting as it reads: NLL", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Repeats_are_counted_against_the_training_part_and_the_held_out_part_is_the_measure()
    {
        string[] line = ["eval", "--model", trained.Model, "--repeats", "-n", "300", "--json"];
        using JsonDocument json = Json(line);
        string text = File.ReadAllText(trained.Text), training = text[..(text.Length - (int)Number(json, "held_out_characters"))];
        Assert.Equal(training.Length, Number(json, "training_bytes"));
        Assert.InRange(Number(json, "characters"), 300, 3000);
        string copy = json.RootElement.GetProperty("longest_copy_text").GetString()!;
        Assert.Equal(copy.Length, Number(json, "longest_copy"));
        Assert.Contains(copy, training, StringComparison.Ordinal);
        Assert.InRange(Number(json, "held_out_share_in_copies_50"), Number(json, "held_out_share_in_copies_100"), 1);
        Assert.Equal(CommandsTests.Run(line), CommandsTests.Run(line));

        // Against a text of one's own there is no held-out part.
        (int Code, string Output, string Error) other = CommandsTests.Run(
            "eval", "--model", trained.Model, "--repeats", "-n", "50", "--data", trained.Text);
        Assert.Equal(0, other.Code);
        Assert.StartsWith("generated", other.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("held out", other.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4.125, "4.13")]
    [InlineData(999_999, "999999.00")]
    [InlineData(1.24e8, "1.24e8")]
    [InlineData(1e300, "1.00e300")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void Large_perplexities_are_written_as_other_numbers(double perplexity, string expected) =>
        Assert.Equal(expected, Perplexity.Text(perplexity));

    [Theory]
    [InlineData("--dynamic --window 8", "--window")]
    [InlineData("--window 4 --samples lines", "--window starts anew every so many tokens of one stream, and --samples lines at each line")]
    [InlineData("--dynamic --samples lines", "--samples stream")]
    [InlineData("--dynamic-lr 0.1", "go with --dynamic")]
    [InlineData("--repeats --dynamic", "--repeats")]
    [InlineData("--seed 3", "go with --repeats")]
    public void Flags_that_do_not_go_together_are_refused(string flags, string expected)
    {
        (int code, string? output, string? error) = CommandsTests.Run(
            ["eval", "--model", trained.Model, "--data", trained.Text, .. flags.Split(' ')]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    private static JsonDocument Json(params string[] line)
    {
        (int code, string? output, string? error) = CommandsTests.Run(line);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output);
    }

    private static double Number(JsonDocument json, string name) => json.RootElement.GetProperty(name).GetDouble();

    private sealed class ClosedPipe : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("Broken pipe", 32);

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("Broken pipe", 32);
    }
}
