// grulm tokenizer as people use it: from text to a model, through pipes to ids and back, and every kind of bad input.
using System.Text;
using System.Text.Json;
using GruLM.Cli.Commands;
using GruLM.Tokenization;

namespace GruLM.Tests.Cli;

public sealed class TokenizerCommandTests(TrainedTokenizers trained) : IClassFixture<TrainedTokenizers>
{
    [Fact]
    public void Every_setting_of_the_library_is_a_flag_and_no_other() =>
        Assert.Equal(TrainerOptions.Names.Order(StringComparer.Ordinal), TokenizerTrainFlags.Names.Order(StringComparer.Ordinal));

    [Fact]
    public void Flags_reach_the_model_in_either_spelling()
    {
        string prefix = Path.Combine(trained.Root, "flags");
        (int code, string? output, string? error) = CommandsTests.Run(
            "tokenizer", "train", "--input", trained.Text, "--model-prefix", prefix, "--vocab-size", "400", "--model_type=bpe",
            "--byte-fallback", "--split_digits=true", "--add-dummy-prefix=false", "--user_defined_symbols=<prompt>,<ai>",
            "--user-defined-symbols", "<end>", "--character-coverage", "0.999", "--self-test-sample-size", "2", "--json");
        Assert.Equal(0, code);
        Assert.Contains("400 bpe pieces", error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(400, json.RootElement.GetProperty("vocab_size").GetInt32());
        using var show = JsonDocument.Parse(CommandsTests.Run("tokenizer", "show", prefix + ".model", "--json", "--pieces").Output);
        JsonElement settings = show.RootElement.GetProperty("settings");
        Assert.Equal(
            ["<prompt>", "<ai>", "<end>"], settings.GetProperty("user_defined_symbols").EnumerateArray().Select(s => s.GetString()));
        Assert.Equal("true", settings.GetProperty("byte_fallback").GetString());
        Assert.Equal("true", settings.GetProperty("split_digits").GetString());
        Assert.Equal("false", settings.GetProperty("add_dummy_prefix").GetString());
        Assert.Equal("0.999", settings.GetProperty("character_coverage").GetString());
        Assert.Equal(400, show.RootElement.GetProperty("pieces").GetArrayLength());
        Assert.Equal(2, show.RootElement.GetProperty("samples").GetArrayLength());
        Assert.Equal(400, CommandsTests.Run("tokenizer", "show", prefix + ".model", "--pieces").Output.Count(c => c == '\n'));
        Assert.Equal(400, File.ReadLines(prefix + ".vocab").Count());
    }

    [Fact]
    public void Standard_input_and_several_files_train_the_same_model_as_one_file()
    {
        byte[] text = File.ReadAllBytes(trained.Text);
        int half = Array.IndexOf(text, (byte)'\n', text.Length / 2) + 1;
        string first = Path.Combine(trained.Root, "first.txt"), second = Path.Combine(trained.Root, "second.txt");
        File.WriteAllBytes(first, text[..half]);
        File.WriteAllBytes(second, text[half..]);
        string[] flags = ["--vocab-size", "300", "--model-type", "bpe"];
        (int Code, string Output, string Error) a = CommandsTests.Run(
            text, ["tokenizer", "train", "--input", "-", "--model-prefix", Path.Combine(trained.Root, "a"), .. flags]);
        (int Code, string Output, string Error) b = CommandsTests.Run(
            ["tokenizer", "train", $"--input={first},{second}", "--model-prefix", Path.Combine(trained.Root, "b"), .. flags]);
        Assert.Equal((0, 0), (a.Code, b.Code));
        string expected = File.ReadAllText(Path.ChangeExtension(trained.Bpe, ".vocab"));
        Assert.Equal(expected, File.ReadAllText(Path.Combine(trained.Root, "a.vocab")));
        Assert.Equal(expected, File.ReadAllText(Path.Combine(trained.Root, "b.vocab")));
    }

    [Theory]
    [InlineData("id")]
    [InlineData("piece")]
    public void Lines_go_to_ids_or_pieces_and_back(string form)
    {
        // A line with CR, an empty one, unknown text, no LF at the end.
        byte[] text = "On Monday\r\n\nthe cat \u2603\u2603 sat\n2022"u8.ToArray();
        foreach (string model in (string[])[trained.Bpe, trained.Unigram])
        {
            var tokenizer = Tokenizer.Load(model);
            (int Code, string Output, string Error) encoded = CommandsTests.Run(
                text, "tokenizer", "encode", "--model", model, "--output-format", form);
            Assert.Equal(0, encoded.Code);
            string[] lines = Encoding.UTF8.GetString(text).Split('\n');
            Assert.Equal(string.Concat(lines.Select(line => Encoded(tokenizer, line) + "\n")), encoded.Output);
            foreach (string input in (string[])["text", form])
            {
                (int Code, string Output, string Error) decoded = CommandsTests.Run(
                    Encoding.UTF8.GetBytes(encoded.Output), "tokenizer", "decode", "--model", model, "--input-format", input);
                Assert.Equal(0, decoded.Code);
                Assert.Equal(string.Concat(lines.Select(line => Decoded(tokenizer, line) + "\n")), decoded.Output);
            }
        }

        string Encoded(Tokenizer tokenizer, string line) =>
            string.Join(' ', tokenizer.EncodePieces(line).Select(p => form == "id" ? $"{p.Id}" : p.Text));

        string Decoded(Tokenizer tokenizer, string line) => form == "id"
            ? tokenizer.Decode(tokenizer.Encode(line))
            : tokenizer.DecodePieces(tokenizer.EncodePieces(line).Select(p => p.Text));
    }

    [Fact]
    public void Json_lines_carry_text_with_line_ends_both_ways()
    {
        string text = "two\nlines \u2603 \"quoted\"";
        byte[] input = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { text }) + "\n{\"text\":\"\"}\n");
        (int Code, string Output, string Error) encoded = CommandsTests.Run(
            input, "tokenizer", "encode", "--model", trained.Bpe, "--input-format", "jsonl", "--output-format", "json");
        Assert.Equal(0, encoded.Code);
        string[] lines = encoded.Output.TrimEnd('\n').Split('\n');
        using var json = JsonDocument.Parse(lines[0]);
        Assert.Equal(["ids", "pieces", "begin", "end"], json.RootElement.EnumerateObject().Select(p => p.Name));
        List<EncodedPiece> pieces = Tokenizer.Load(trained.Bpe).EncodePieces(text);
        Assert.Equal(pieces.Select(p => p.Id), json.RootElement.GetProperty("ids").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal(pieces.Select(p => p.Text), json.RootElement.GetProperty("pieces").EnumerateArray().Select(e => e.GetString()));
        Assert.Equal(pieces.Select(p => p.Begin), json.RootElement.GetProperty("begin").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal(Encoding.UTF8.GetByteCount(text), json.RootElement.GetProperty("end").EnumerateArray().Last().GetInt32());
        Assert.Equal("{\"ids\":[],\"pieces\":[],\"begin\":[],\"end\":[]}", lines[1]);
        (int Code, string Output, string Error) decoded = CommandsTests.Run(
            Encoding.UTF8.GetBytes(encoded.Output), "tokenizer", "decode", "--model", trained.Bpe, "--input-format", "jsonl",
            "--output-format", "json");
        Assert.Equal(0, decoded.Code);
        Assert.Equal(2, decoded.Output.Count(c => c == '\n'));
        using var back = JsonDocument.Parse(decoded.Output.Split('\n')[0]);
        var tokenizer = Tokenizer.Load(trained.Bpe);
        Assert.Equal(tokenizer.Decode(tokenizer.Encode(text)), back.RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes_and_files_add_up()
    {
        string expected = Encode(trained.Text, trained.Text, "--threads", "1");
        Assert.Equal(expected, Encode("--input", trained.Text, trained.Text, "--threads", "3"));
        string file = Path.Combine(trained.Root, "ids.txt");
        Assert.Equal("", Encode(trained.Text, trained.Text, "--output", file));
        Assert.Equal(expected, File.ReadAllText(file));

        string Encode(params string[] line) =>
            CommandsTests.Run(["tokenizer", "encode", "--model", trained.Unigram, .. line]).Output;
    }

    [Fact]
    public void N_best_and_random_cuts_are_the_librarys()
    {
        byte[] line = "the old clock\n"u8.ToArray();
        var tokenizer = Tokenizer.Load(trained.Unigram);
        (int Code, string Output, string Error) best = CommandsTests.Run(
            line, "tokenizer", "encode", "--model", trained.Unigram, "--nbest", "3", "--output-format", "piece");
        Assert.Equal(
            tokenizer.EncodeNBest("the old clock", 3).Select(c => string.Join(' ', c.Pieces.Select(p => p.Text))),
            best.Output.TrimEnd('\n').Split('\n'));
        string[] draw = ["tokenizer", "encode", "--model", trained.Unigram, "--enable-sampling", "--alpha", "0.1", "--random-seed", "5"];
        (int Code, string Output, string Error) random = CommandsTests.Run([.. line, .. line], draw);
        PieceSampler sampler = tokenizer.CreateSampler(5);
        string Draw() => string.Join(' ', sampler.Encode("the old clock", -1, 0.1f).Select(p => p.Id));
        Assert.Equal(string.Concat(Enumerable.Range(0, 2).Select(_ => Draw() + "\n")), random.Output);
        (int Code, string Output, string Error) ends = CommandsTests.Run(
            "\n"u8.ToArray(), "tokenizer", "encode", "--model", trained.Bpe, "--extra-options", "bos:eos");
        Assert.Equal("1 2\n", ends.Output);
    }

    [Fact]
    public void A_vocabulary_restricts_what_comes_out()
    {
        var tokenizer = Tokenizer.Load(trained.Bpe);
        string file = Path.Combine(trained.Root, "vocabulary.txt");
        File.WriteAllText(file, "\u2581the\t7\n\u2581cat\t1\n");
        (int code, string? output, string _) = CommandsTests.Run(
            "the cat\n"u8.ToArray(), "tokenizer", "encode", "--model", trained.Bpe, "--vocabulary", file, "--vocabulary-threshold", "2",
            "--output-format", "piece");
        Assert.Equal(0, code);
        Assert.Equal(string.Join(' ', tokenizer.WithVocabulary(["\u2581the"]).EncodePieces("the cat").Select(p => p.Text)) + "\n", output);
    }

    [Fact]
    public void Normalising_gives_what_the_rules_say_and_the_rules_themselves()
    {
        Assert.Equal("A 1\n", Normalized());
        Assert.Equal("A  1\n", Normalized("--remove_extra_whitespaces=false", "--normalization-rule-name", "nfkc"));
        Assert.Equal("\u2581A\u25811\n", Normalized("--model", trained.Bpe, "--use-internal-normalization"));
        string tsv = Path.Combine(trained.Root, "rules.tsv");
        string[] decompile = ["tokenizer", "normalize", "--normalization-rule-name", "nfkc_cf", "--decompile", "--output", tsv];
        Assert.Equal(0, CommandsTests.Run(decompile).Code);
        Assert.Contains("41\t61\t# A => a\n", File.ReadAllText(tsv), StringComparison.Ordinal);
        Assert.Equal("a 1\n", Normalized("--normalization-rule-tsv", tsv));

        static string Normalized(params string[] flags) =>
            CommandsTests.Run("\uFF21  \u2460\n"u8.ToArray(), ["tokenizer", "normalize", .. flags]).Output;
    }

    [Theory]
    [InlineData(1, "nowhere.txt: there is no such file", "tokenizer train --input nowhere.txt --model-prefix x")]
    [InlineData(2, "--input is required", "tokenizer train --model-prefix x")]
    [InlineData(2, "did you mean --vocab-size?", "tokenizer train --input - --model-prefix x --vocab-sise 9")]
    [InlineData(2, "vocab-size is 'many'", "tokenizer train --input - --model-prefix x --vocab-size many")]
    [InlineData(2, "--character-coverage is 2", "tokenizer train --input - --model-prefix x --character-coverage 2")]
    [InlineData(1, "no such folder", "tokenizer train --input - --model-prefix no/where/x")]
    [InlineData(1, "The corpus has no usable sentence", "tokenizer train --input - --model-prefix x")]
    [InlineData(1, "nowhere: there is no such file or folder", "tokenizer encode --model nowhere")]
    [InlineData(1, "is not a SentencePiece model", "tokenizer encode --model TEXT")]
    [InlineData(1, "nowhere.txt: there is no such file", "tokenizer encode --model BPE nowhere.txt")]
    [InlineData(2, "need a unigram model", "tokenizer encode --model BPE --nbest 4")]
    [InlineData(2, "--nbest 0", "tokenizer encode --model UNIGRAM --nbest 0")]
    [InlineData(2, "no extra option 'boss'", "tokenizer encode --model BPE --extra-options boss")]
    [InlineData(2, "no normalisation rules 'nfq'", "tokenizer normalize --normalization-rule-name nfq")]
    [InlineData(2, "exclude one another", "tokenizer normalize --normalization-rule-name nfkc --model BPE")]
    [InlineData(1, "there is no tokenizer.model", "tokenizer show ROOT")]
    public void Bad_input_gets_one_line(int code, string message, string line)
    {
        IEnumerable<string> words = line.Split(' ').Select(word => word switch
        {
            "TEXT" => trained.Text,
            "BPE" => trained.Bpe,
            "UNIGRAM" => trained.Unigram,
            "ROOT" => trained.Root,
            _ => word,
        });
        (int Code, string Output, string Error) result = CommandsTests.Run([.. words]);
        Assert.Equal(code, result.Code);
        Assert.Equal("", result.Output);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("5 6\n7 999999\n", "text", "line 2: Id 999999 is not in the vocabulary")]
    [InlineData("5 x\n", "id", "line 1: 'x' is not an id")]
    [InlineData("{\"ids\":[5]}\nids\n", "jsonl", "line 2: this is not JSON")]
    [InlineData("{\"ids\":[5.5]}\n", "jsonl", "line 1: 5.5 is not an id")]
    [InlineData("[5]\n", "jsonl", "line 1: a JSON object was expected, this is an array")]
    [InlineData("{}\n", "jsonl", "line 1: the object has neither")]
    public void A_bad_line_is_named(string lines, string format, string message)
    {
        (int Code, string Output, string Error) result = CommandsTests.Run(
            Encoding.UTF8.GetBytes(lines), "tokenizer", "decode", "--model", trained.Bpe, "--input-format", format);
        Assert.Equal(1, result.Code);
        Assert.Contains("grulm: standard input, " + message, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
    }

    [Fact]
    public void The_benchmark_runs_beside_a_peer_and_says_what_it_measured()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("the peer is a shell script");
        string folder = Directory.CreateTempSubdirectory("grulm-test-").FullName, peer = Path.Combine(folder, "peer.sh");
        File.WriteAllText(peer, """
            #!/bin/sh
            [ -s "$1" ] && [ -s "$2" ] && [ "$3" = 5 ] && echo '{"peer": "other", "encode_mb_s": 0.5, "decode_mb_s": 0.25}'
            """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(peer, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        (int code, string? output, string? error) = CommandsTests.Run(
            "bench", "tokenizer", "--data", trained.Text, "--megabytes", "1", "--vocab-size", "300", "--rounds", "1", "--threads", "2",
            "--json", "--peer", peer);
        Directory.Delete(folder, recursive: true);
        Assert.True(code == 0, error);
        var cases = output.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Contains(cases, c =>
            c.GetProperty("case").GetString() == "encode, text.txt, bpe" && c.GetProperty("mb_per_s").GetDouble() > 0);
        Assert.Contains(cases, c => c.GetProperty("case").GetString() == "one word of 0.5 MB, unigram");
        JsonElement[] beside = [.. cases.Where(c => c.TryGetProperty("peer", out JsonElement name) && name.GetString() == "other")];
        string[] works = ["encode strings", "decode strings"], kinds = ["bpe", "unigram"];
        string[] texts = ["text.txt", "words that do not repeat"];
        Assert.Equal(
            texts.SelectMany(text => kinds.SelectMany(kind => works.Select(work => $"{work}, {text}, {kind}"))),
            beside.Select(c => c.GetProperty("case").GetString()));
        Assert.All(beside, c => Assert.Equal(
            c.GetProperty("mb_per_s").GetDouble() / c.GetProperty("peer_mb_per_s").GetDouble(),
            c.GetProperty("ratio_to_peer").GetDouble(), 0.1));
    }
}
