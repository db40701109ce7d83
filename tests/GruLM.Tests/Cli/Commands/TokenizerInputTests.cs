// What people feed the tokenizer commands with: files from Windows, text in other encodings, lists that are typed a little wrong. What is
// taken as it is must at least be said.
using System.Text;
using System.Text.Json;

namespace GruLM.Tests.Cli;

public sealed class TokenizerInputTests(TrainedTokenizers trained) : IClassFixture<TrainedTokenizers>
{
    [Fact]
    public void Json_lines_from_windows_are_read()
    {
        string lines = "\uFEFF{\"text\":\"a fox\"}\r\n\r\n   \n\uFEFF\n{\"text\":\"one\\ntwo\"}\r\n\t\n";
        (int code, string output, string error) = Encode(
            Encoding.UTF8.GetBytes(lines), "--input-format", "jsonl", "--output-format", "json");
        Assert.Equal((0, ""), (code, error));
        string[] encoded = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, encoded.Length);
        Assert.All(encoded, line => Assert.NotEmpty(JsonDocument.Parse(line).RootElement.GetProperty("ids").EnumerateArray()));

        byte[] windows = Encoding.UTF8.GetBytes("\uFEFF" + string.Join("\r\n\r\n", encoded) + "\r\n");
        (int Code, string Output, string Error) decoded = Run(
            windows, "decode", "--model", trained.Bpe, "--input-format", "jsonl", "--output-format", "json");
        Assert.Equal((0, ""), (decoded.Code, decoded.Error));
        Assert.Equal(2, decoded.Output.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("{\"text\":\"a\"}\r\n\r\n{\"text\":\"b\"\r\n", "line 3: this JSON ends too early; a JSON object was expected, one a line")]
    [InlineData("{'text':'a'}\n", "line 1: this is not JSON from byte 2 on: ''text':'a'}'; a JSON object was expected, one a line")]
    [InlineData("{\"text\":\"a\",}\n", "line 1: this is not JSON from byte 13 on: '}'; a JSON object")]
    [InlineData("plain text of some length that goes on\n", "line 1: this is not JSON from byte 1 on: 'plain text of some lengt…'")]
    [InlineData("{\"text\":\"a\"} {}\n", "line 1: this is not JSON from byte 14 on: '{}'")]
    [InlineData("{\"text\":\"\tx\"}\n", "line 1: this is not JSON from byte 10 on")]
    [InlineData("null\n", "line 1: a JSON object was expected, this is null")]
    [InlineData("{\"txt\":\"a\"}\n", "line 1: the object has no field \"text\"")]
    public void What_is_no_json_is_named_in_our_words(string lines, string message)
    {
        (int code, string _, string error) = Encode(Encoding.UTF8.GetBytes(lines), "--input-format", "jsonl");
        Assert.Equal(1, code);
        Assert.StartsWith("grulm: standard input, " + message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public void Deep_json_is_read()
    {
        string deep = $"{{\"m\":{new string('[', 500)}{new string(']', 500)},\"text\":\"a\"}}\n";
        Assert.Equal(0, Encode(Encoding.UTF8.GetBytes(deep), "--input-format", "jsonl").Code);
    }

    [Theory]
    [InlineData("UTF-16", "utf-16")]
    [InlineData("UTF-16", "utf-16BE")]
    [InlineData("UTF-32", "utf-32")]
    [InlineData("UTF-32", "utf-32BE")]
    public void Another_encoding_is_told_where_text_is_taken_as_it_is(string name, string encoding)
    {
        var other = Encoding.GetEncoding(encoding);
        byte[] text = [.. other.GetPreamble(), .. other.GetBytes("one two three\nfour five\n")];
        string file = Path.Combine(trained.Root, encoding);
        File.WriteAllBytes(file, text);
        string note = $"note: standard input looks like {name} by its first bytes, and these are taken as they are; convert it first, "
            + $"with iconv -f {name} -t UTF-8\n";
        (int Code, string Output, string Error) plain = Encode(text[other.GetPreamble().Length..]), marked = Encode(text);
        Assert.Equal((0, ""), (plain.Code, plain.Error));
        Assert.Equal((0, note), (marked.Code, marked.Error));
        Assert.Contains(note.Replace("standard input", file), Encode([], file).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("iconv", Run(text, "decode", "--model", trained.Bpe).Error, StringComparison.Ordinal);
        Assert.StartsWith(note.Replace("standard input", file), Train([], file).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_in_place_of_ids_or_pieces_is_told_of_and_these_are_not()
    {
        byte[] text = Encoding.UTF8.GetBytes("Whereupon zebras quietly juggled,\nunseen by anybody.\n");
        (int code, string output, string error) = Run(text, "decode", "--model", trained.Bpe);
        Assert.Equal((0, "Whereuponzebrasquietlyjuggled,\nunseenbyanybody.\n"), (code, output));
        Assert.StartsWith("note: standard input is most likely a text, not ids or pieces: ", error, StringComparison.Ordinal);
        foreach (string form in (string[])["id", "piece"])
        {
            string encoded = Run(text, "encode", "--model", trained.Bpe, "--output-format", form).Output;
            Assert.Equal("", Run(Encoding.UTF8.GetBytes(encoded), "decode", "--model", trained.Bpe).Error);
        }
    }

    [Fact]
    public void Every_byte_of_a_marked_text_is_encoded()
    {
        byte[] text = [0xFF, 0xFE, (byte)'a', 0, (byte)'\n', (byte)'b'];
        string lines = Encode(text, "--output-format", "json").Output;
        Assert.Equal(2, lines.Count(c => c == '\n'));
        Assert.Contains("\"end\":[", lines, StringComparison.Ordinal);
        Assert.Equal(4, JsonDocument.Parse(lines.Split('\n')[0]).RootElement.GetProperty("end").EnumerateArray().Last().GetInt32());
    }

    [Fact]
    public void Training_says_what_it_left_out_and_what_looks_odd()
    {
        byte[] text =
        [
            .. "a line\n"u8, .. "\u2585 spark\n"u8, .. "more \u2585\n"u8, .. Encoding.UTF8.GetBytes(new string('x', 5000) + "\n"),
            .. "nul\0byte\n"u8, .. "caf\xE9 au lait\n"u8[..3], 0xE9, .. " au lait\n"u8, .. "one\rtwo\n"u8, .. "windows\r\n"u8, .. "\n"u8,
        ];
        (int code, string _, string error) = Train(text, "-");
        Assert.Equal(0, code);
        string[] notes = [.. error.Split('\n').Where(line => line.StartsWith("note: ", StringComparison.Ordinal))];
        Assert.Equal(
        [
            "note: 1 line has NUL characters, which no piece holds; text in UTF-16 looks so: convert it first, with iconv -f UTF-16 "
            + "-t UTF-8",
            "note: 1 line is not UTF-8, and each bad byte counts as U+FFFD; convert the text first, where it is Windows-1252 with iconv "
            + "-f WINDOWS-1252 -t UTF-8",
            "note: 1 line has a CR inside; a sentence ends at LF only",
            "note: left out 1 sentence longer than 4,192 bytes; --max-sentence-length takes longer ones",
            "note: left out 2 sentences with U+2585, which training keeps for itself",
        ], notes);
        Assert.DoesNotContain("note:", Train(text, "-", "--minloglevel", "1").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("note:", Train("all is well\r\nhere\r\n"u8.ToArray(), "-").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_files_that_is_typed_wrong_is_explained()
    {
        string odd = Path.Combine(trained.Root, "a,b.txt");
        File.Copy(trained.Text, odd, overwrite: true);
        Assert.Equal(
            $"grulm: {odd[..^6]}: there is no such file; commas part the files of --input, so for the file {odd} write "
            + $"--input '\"{odd}\"'\n", Train([], odd).Error);
        Assert.Equal(0, Train([], $"\"{odd}\"").Code);
        Assert.StartsWith(
            $"grulm: ' {odd[..^6]}': there is no such file; commas alone part the files of --input",
            Train([], $"{trained.Text}, {odd}").Error, StringComparison.Ordinal);
        Assert.EndsWith("a name that holds one is written '\"a,b.txt\"'\n", Train([], "nowhere,else.txt").Error, StringComparison.Ordinal);
        Assert.Equal("grulm: nowhere.txt: there is no such file\n", Train([], "nowhere.txt").Error);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("20")]
    public void A_size_that_is_too_small_names_the_smallest_and_the_coverage(string size)
    {
        (int code, string _, string error) = Train("abcdefghijklmnopqrstuvwxyz\n"u8.ToArray(), "-", "--vocab-size", size);
        Assert.Equal(2, code);
        Assert.Equal(
            $"grulm: A vocabulary of {size} is too small: 3 special pieces and 27 required characters need at least 30: "
            + "give --vocab-size 30 or more, or lower --character-coverage.\n", error);
    }

    [Fact]
    public void A_seed_of_random_cuts_has_32_bits()
    {
        byte[] text = "the quick brown fox\n"u8.ToArray();
        Assert.Equal(0, Encode(text, "--enable-sampling", "--random-seed", "4294967295").Code);
        (int code, string _, string error) = Encode(text, "--enable-sampling", "--random-seed", "4294967296");
        Assert.Equal(2, code);
        Assert.Contains("a whole number from 0 to 4294967295 was expected", error, StringComparison.Ordinal);
    }

    private (int Code, string Output, string Error) Encode(byte[] input, params string[] flags) =>
        Run(input, ["encode", "--model", trained.Bpe, .. flags]);

    private (int Code, string Output, string Error) Train(byte[] input, string files, params string[] flags) => Run(
        input, ["train", "--input", files, "--model-prefix", Path.Combine(trained.Root, "odd"), "--model-type", "bpe", "--hard-vocab-limit",
            "false", "--vocab-size", "100", .. flags]);

    private static (int Code, string Output, string Error) Run(byte[] input, params string[] words) =>
        CommandsTests.Run(input, ["tokenizer", .. words]);
}
