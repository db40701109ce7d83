// grulm score --documents: an object a line or record in their order, and a filter of corpora, whatever stands in them.

using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using GruLM.Cli;

namespace GruLM.Tests.Cli;

public sealed class DocumentsTests(TrainedFolder trained) : IClassFixture<TrainedFolder>
{
    private static readonly string[] s_fields = ["index", "tokens", "bytes", "nll", "bits_per_byte", "worst"];

    [Fact]
    public void Each_line_gives_an_object_and_their_totals_are_told()
    {
        (int code, string output, string error) = Score("The cat sat.\r\n\r\nThe old dog\n\n😀\nlast line", "--documents");
        Assert.True(code == 0, error);
        JsonElement[] objects = Objects(output);
        Assert.Equal(6, objects.Length);
        Assert.All(objects, one => Assert.Equal(s_fields, one.EnumerateObject().Select(field => field.Name)));
        Assert.Equal(Enumerable.Range(0, 6), objects.Select(one => one.GetProperty("index").GetInt32()));
        Assert.Equal(
            [false, true, false, true, false, false],
            objects.Select(one => one.GetProperty("worst").ValueKind == JsonValueKind.Null));
        JsonElement first = objects[0];
        Assert.Equal(
            first.GetProperty("nll").GetDouble() / Math.Log(2) / first.GetProperty("bytes").GetInt64(),
            first.GetProperty("bits_per_byte").GetDouble(), 1e-9);
        long tokens = objects.Sum(one => one.GetProperty("tokens").GetInt64());
        Assert.EndsWith(FormattableString.Invariant(
            $"(6 documents, {tokens:#,0} tokens predicted, {objects.Sum(one => one.GetProperty("bytes").GetInt64()):#,0} bytes)\n"),
            error, StringComparison.Ordinal);
        using var eval = JsonDocument.Parse(
            CommandsTests.Run("The cat sat."u8.ToArray(), "eval", "--model", trained.Model, "--data", "-", "--json").Output);
        Assert.Equal(
            eval.RootElement.GetProperty("bits_per_byte").GetDouble(), first.GetProperty("bits_per_byte").GetDouble(), 1e-5);
    }

    [Fact]
    public void Bounds_part_a_text_into_lines_that_are_kept()
    {
        string[] lines = [.. File.ReadLines(trained.Text).Take(300), "zqxj vvkq zzxw", "", " \t"];
        string text = string.Join('\n', lines) + "\n";
        double[] bits = [.. Objects(Score(text, "--documents").Output).Select(one => Bits(one) ?? double.NaN)];
        string bound = bits.Where(double.IsFinite).Order().ElementAt(150).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        double middle = double.Parse(bound, System.Globalization.CultureInfo.InvariantCulture);
        (int code, string output, string error) = Score(text, "--documents", "--max-bits", bound);
        Assert.Equal((0, Lines(i => bits[i] <= middle)), (code, output));
        Assert.Contains(" kept, ", error, StringComparison.Ordinal);
        Assert.Equal(Lines(i => bits[i] >= middle), Score(text, "--documents", "--min-bits", bound, "--threads", "1").Output);
        Assert.Equal(Lines(i => bits[i] >= 0), Score(text, "--documents", "--min-bits", "0").Output);
        Assert.Equal(
            Enumerable.Range(0, bits.Length).Where(i => bits[i] >= middle),
            Objects(Score(text, "--documents", "--min-bits", bound, "--json").Output).Select(one => one.GetProperty("index").GetInt32()));

        string Lines(Func<int, bool> isKept) => string.Concat(lines.Where((_, i) => isKept(i)).Select(line => line + "\n"));
    }

    [Fact]
    public void Records_are_kept_as_records()
    {
        const string Records = "{\"text\": \"The cat\\nsat.\", \"id\": 7}\n"
            + "{\"prompt\":\"Who?\",\"completion\":\"Anna\"}\n\n{\"text\":\"\"}\n";
        Assert.Equal(3, Objects(Score(Records, "--documents", "--data-format", "jsonl").Output).Length);
        string[] lines = Records.Split('\n');
        Assert.Equal($"{lines[0]}\n{lines[1]}\n", Score(Records, "--documents", "--data-format", "jsonl", "--min-bits", "0").Output);
        const string List = "[\n{\n\"text\": \"The é cat\"\n},\n{\"text\": \"sat\"}]";
        Assert.Equal(
            "{\"text\":\"The é cat\"}\n{\"text\": \"sat\"}\n",
            Score(List, "--documents", "--data-format", "jsonl", "--min-bits", "0").Output);
        Assert.Equal(
            "{\"text\":\"a \\\"cat\\\"\"}\n{\"text\":\"two\\nlines\"}\n",
            Score("id,text\n1,\"a \"\"cat\"\"\"\n2,\"two\nlines\"\n", "--documents", "--data-format", "csv", "--min-bits", "0").Output);
        Assert.Equal(
            "{\"prompt\":\"Who?\",\"completion\":\"Anna\"}\n",
            Score("prompt,completion\nWho?,Anna\n", "--documents", "--data-format", "csv", "--min-bits", "0").Output);
    }

    [Fact]
    public void A_record_that_cannot_be_read_is_told_behind_the_objects_before_it()
    {
        (int code, string output, string error) = Score("{\"text\": \"The cat\"}\n{\"text\": \n", "--documents", "--data-format", "jsonl");
        Assert.Equal(1, code);
        Assert.Single(Objects(output));
        Assert.StartsWith("grulm: standard input: line 2 is no valid JSON", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_and_lines_of_any_length_are_scored()
    {
        byte[] wrong = [.. "The cat "u8, 0xFF, 0xC3, (byte)'\n', .. Encoding.UTF8.GetBytes(new string('x', 300_000)), (byte)'\n'];
        (int code, string output, string error) = CommandsTests.Run(
            wrong, "score", "--model", trained.Model, "--data", "-", "--documents", "--weights", "int8");
        Assert.True(code == 0, error);
        JsonElement[] objects = Objects(output);
        Assert.InRange(objects[0].GetProperty("bytes").GetInt64(), 8, 14);
        Assert.InRange(objects[1].GetProperty("bytes").GetInt64(), 299_900, 300_000);
        Assert.Equal(2, objects.Length);
        Assert.Equal((0, ""), (Score("", "--documents").Code, Score("", "--documents").Output));
    }

    [Fact]
    public async Task A_line_is_answered_while_the_next_is_waited_for()
    {
        Pipe input = new(), output = new();
        string[] line = ["score", "--model", trained.Model, "--data", "-", "--documents"];
        Task<int> command = Task.Run(() =>
        {
            using Stream from = input.Reader.AsStream(), to = output.Writer.AsStream();
            using var session = new Session(from, to, TextWriter.Null, errorIsTerminal: false, TestContext.Current.CancellationToken);
            return CommandLine.Run(line, Program.Commands(), session);
        }, TestContext.Current.CancellationToken);
        using var answers = new StreamReader(output.Reader.AsStream());
        foreach (string text in (string[])["The cat sat.\n", "The old dog\nand the cat\n", "sat", ".\n"])
        {
            await input.Writer.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
            for (int i = text.Count(c => c == '\n'); i > 0; i--)
            {
                string? answer = await answers.ReadLineAsync(TestContext.Current.CancellationToken);
                Assert.Equal("index", JsonDocument.Parse(answer!).RootElement.EnumerateObject().First().Name);
            }
        }

        await input.Writer.CompleteAsync();
        Assert.Equal(0, await command);
        Assert.Null(await answers.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Who_stops_it_and_who_reads_no_more_end_it()
    {
        Assert.Equal(
            (130, "", "grulm: stopped\n"),
            CommandsTests.Run(
                "The cat"u8.ToArray(), new CancellationToken(true), "score", "--model", trained.Model, "--data", "-", "--documents"));
        using var error = new StringWriter();
        using (var session = new Session(new EndlessLines(), new ClosedOutput(), error, errorIsTerminal: false, CancellationToken.None))
        {
            string[] line = ["score", "--model", trained.Model, "--data", "-", "--documents", "--data-format", "text"];
            Assert.Equal(1, CommandLine.Run(line, Program.Commands(), session));
        }

        // On a busy machine there may have been time for a line of progress.
        Assert.DoesNotContain("grulm", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--min-bits 1", "go with --documents")]
    [InlineData("--documents --min-bits 2 --max-bits 1", "--min-bits 2 is above --max-bits 1")]
    [InlineData("--documents --max-bits -1", "a number from 0")]
    public void Flags_that_make_no_sense_are_refused(string flags, string expected)
    {
        (int code, string _, string error) = Score("a", flags.Split(' '));
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static double? Bits(JsonElement one) =>
        one.GetProperty("bits_per_byte") is { ValueKind: JsonValueKind.Number } bits ? bits.GetDouble() : null;

    private static JsonElement[] Objects(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private (int Code, string Output, string Error) Score(string text, params string[] flags) => CommandsTests.Run(
        Encoding.UTF8.GetBytes(text), ["score", "--model", trained.Model, "--data", "-", .. flags]);

    // A text without an end, of which a program that holds all of it would never come to write anything.
    private sealed class EndlessLines : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)'a');
            for (int i = 20; i < buffer.Length; i += 20) buffer[i] = (byte)'\n';
            return buffer.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));
    }

    private sealed class ClosedOutput : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.Length > 0) throw new IOException("Broken pipe", 32);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    }
}
