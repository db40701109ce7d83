// train, eval and score read one text where they are given one, whatever it comes in: packed or not, by name or from standard input, as
// text, JSON lines or a table.

using System.Text;
using System.Text.Json;
using GruLM.Tests.Corpus;

namespace GruLM.Tests.Cli;

public sealed class DataFormatTests(TrainedFolder trained) : IClassFixture<TrainedFolder>
{
    private const string Noted = "note: standard input begins with a JSON record: reading JSON lines";

    [Fact]
    public void Score_reads_records_as_eval_reads_them()
    {
        string[] texts = ["The cat sat.\nIt ran.", "A dog, a \"fox\"", "The end"];
        string joined = string.Concat(texts.Select(text => text + "\n"));
        string lines = Save("a.jsonl", string.Concat(texts.Select(text => JsonSerializer.Serialize(new { text }) + "\n")));
        IEnumerable<string> quoted = texts.Select(text => text.Replace("\"", "\"\"", StringComparison.Ordinal));
        string table = Save("a.csv", "id,story\r\n" + string.Concat(quoted.Select(text => $"1,\"{text}\"\r\n")));
        string packed = Save("a.txt.gz", TextCorpusTests.Pack(Encoding.UTF8.GetBytes(joined)));
        (string Output, string Error) plain = Good([], "score", "--model", trained.Model, "--data", Save("a.txt", joined));
        string nll = plain.Error.Split("  perplexity")[0];
        (byte[], string)[] ways =
        [
            ([], $"--data {lines}"),
            ([], $"--data {table} --column story"),
            ([], $"--data {packed}"),
            (File.ReadAllBytes(lines), "--data -"),
            (TextCorpusTests.Pack(File.ReadAllBytes(lines)), "--data -"),
            (File.ReadAllBytes(table), "--data - --data-format csv --column story"),
            (File.ReadAllBytes(packed), "--data -"),
            (Encoding.UTF8.GetBytes(joined), "--data - --data-format text"),
        ];
        foreach ((byte[] input, string flags) in ways)
        {
            (string Output, string Error) score = Good(input, ["score", "--model", trained.Model, .. flags.Split(' ')]);
            (string Output, string Error) eval = Good(input, ["eval", "--model", trained.Model, .. flags.Split(' ')]);
            Assert.Equal(plain.Output, score.Output);
            Assert.Equal(plain.Error, WithoutNote(score.Error));
            Assert.StartsWith(nll, eval.Output, StringComparison.Ordinal);
            Assert.Equal(score.Error.Contains(Noted, StringComparison.Ordinal), eval.Error.Contains(Noted, StringComparison.Ordinal));
        }

        // Exchanges end with the marker, as they do in training.
        string talk = Save("b.jsonl", "{\"prompt\": \"a\", \"completion\": \"b\"}\n");
        Assert.Equal(
            Good(Encoding.UTF8.GetBytes("<prompt> a <ai> b<end>\n"), "score", "--model", trained.Model, "--data", "-").Output,
            Good([], "score", "--model", trained.Model, "--data", talk).Output);
    }

    [Fact]
    public void Training_on_records_from_standard_input_makes_the_model_of_their_file()
    {
        IEnumerable<string> texts = File.ReadLines(trained.Text).Where(line => line.Length > 0).Take(80);
        string lines = Save("talk.jsonl", string.Concat(texts.Select(text => JsonSerializer.Serialize(new { text }) + "\n")));
        const string sizes =
            "--samples lines --vocab-size 320 --hidden-dim 8 --emb-dim 8 --num-layers 1 --batch-size 4 --bptt 16 --max-steps 2";
        string file = Path.Combine(trained.Root, "of-file"), piped = Path.Combine(trained.Root, "of-pipe");
        Good([], $"train --data {lines} --out-dir {file} {sizes}".Split(' '));
        string said = Good(TextCorpusTests.Pack(File.ReadAllBytes(lines)), $"train --data - --out-dir {piped} {sizes}".Split(' ')).Error;
        Assert.Contains(Noted, said, StringComparison.Ordinal);
        Assert.Contains("80 records", said, StringComparison.Ordinal);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(file, "model.safetensors")),
            File.ReadAllBytes(Path.Combine(piped, "model.safetensors")));

        // A format that was told is written down: eval and --resume read the text as it was read.
        string named = Path.Combine(trained.Root, "told"), other = Save("talk.data", File.ReadAllBytes(lines));
        Good([], $"train --data {other} --data-format jsonl --out-dir {named} {sizes}".Split(' '));
        Assert.Equal(Good([], "eval", "--model", file).Output.Split("  (")[0], Good([], "eval", "--model", named).Output.Split("  (")[0]);
        Assert.Contains("nothing is left to do", Good([], "train", "--resume", named).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "eval --data - --column story", 2,
        "--column story: only tables have columns, and standard input is not named *.csv (or *.csv.gz, *.csv.zst); "
            + "--data-format csv reads any as a table")]
    [InlineData("score --data - --column story", 2, "--data-format csv reads any as a table")]
    [InlineData("eval --data - --data-format jsonl --column story", 2, "--data-format jsonl reads none; give --data-format csv")]
    [InlineData("eval --column story", 2, "--column goes with --data")]
    [InlineData("eval --data-format csv", 2, "--data-format goes with --data")]
    [InlineData("eval --repeats --column story", 2, "--column goes with --data")]
    [InlineData("eval --repeats --data-format csv", 2, "--data-format goes with --data")]
    [InlineData("eval --repeats --data - --column story", 2, "--column story: only tables have columns")]
    [InlineData("eval --data - --data-format xml", 2, "auto, text, jsonl")]
    [InlineData("eval --data - --data-format csv", 1, "standard input: has no column 'text'; its columns are 'id', 'story'")]
    [InlineData("score --data - --data-format jsonl", 1, "standard input: line 1 is no valid JSON")]
    public void What_does_not_fit_is_said_in_one_line(string line, int code, string expected)
    {
        string[] words = line.Split(' ');
        (int Code, string Output, string Error) result = CommandsTests.Run(
            "id,story\n1,x\n"u8.ToArray(), [words[0], "--model", trained.Model, .. words[1..]]);
        Assert.Equal((code, ""), (result.Code, result.Output));
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
    }

    [Fact]
    public void Prompts_are_read_and_cleaned_as_texts_are()
    {
        const string Cleaned = "{\"prompt\":\"One.\\fTwo\\u2028three\\rfour\\nfive\",";
        string text = "\uFEFFOne.\fTwo\u2028three\rfour\r\nfi\0ve\r\n";
        byte[] utf8 = Encoding.UTF8.GetBytes(text), utf16 = Encoding.Unicode.GetBytes(text);
        string[] generate = ["generate", "--model", trained.Model, "-n", "1", "--temperature", "0", "--json"];
        string file = Save("prompt.txt", utf8), wide = Save("wide.txt", utf16), packed = Save("packed", TextCorpusTests.Pack(utf8));
        string expected = Good([], [.. generate, "-f", file]).Output;
        Assert.StartsWith(Cleaned, expected, StringComparison.Ordinal);
        Assert.Equal(expected, Good([], [.. generate, "-f", packed]).Output);
        Assert.Equal(expected, Good(utf16, [.. generate, "-f", "-"]).Output);
        Assert.Equal(expected, Good([], [.. generate, "--prompt", text[..^2]]).Output);
        (string output, string said) = Good([], [.. generate, "-f", wide]);
        Assert.Equal((expected, $"note: {wide}: read as UTF-16, by the byte-order mark\n"), (output, said));
        (int code, string _, string error) = CommandsTests.Run([], [.. generate, "-f", Save("a.pdf", "%PDF-1.4\n")]);
        Assert.Equal(1, code);
        Assert.Contains("a.pdf: is a PDF; take the text out of it", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_read_of_a_folder_is_said_and_counts_agree_with_their_nouns()
    {
        string folder = Directory.CreateDirectory(Path.Combine(trained.Root, "folder")).FullName;
        File.WriteAllText(Path.Combine(folder, "a.txt"), "\uFEFFThe end.\r\n");
        File.WriteAllText(Path.Combine(folder, "b.md"), "not this\n");
        string said = Good([], "eval", "--model", trained.Model, "--data", folder).Error;
        Assert.Equal(
            $"evaluating on {folder} (1 file; 1 file of another kind passed over)\n"
            + "text: 9 bytes, 9 characters, 1 line\n"
            + "note: 1 byte-order mark was dropped, 1 Windows line end was turned into a line feed\n",
            said);
    }

    [Fact]
    public void Standard_input_is_both_texts_for_nobody()
    {
        (int code, string _, string? error) = CommandsTests.Run(
            "text"u8.ToArray(), "train", "--data", "-", "--val-data", "-", "--out-dir", Path.Combine(trained.Root, "no"));
        Assert.Equal(2, code);
        Assert.Contains("standard input (-) was named twice", error, StringComparison.Ordinal);
    }

    private static string WithoutNote(string messages) =>
        string.Concat(messages.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith(Noted, StringComparison.Ordinal)).Select(line => line + "\n"));

    private static (string Output, string Error) Good(byte[] input, params string[] line)
    {
        (int code, string? output, string? error) = CommandsTests.Run(input, line);
        Assert.True(code == 0, error);
        return (output, error);
    }

    private string Save(string name, string text) => Save(name, Encoding.UTF8.GetBytes(text));

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(trained.Root, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
