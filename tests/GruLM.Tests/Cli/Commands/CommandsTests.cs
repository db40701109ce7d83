// The commands as a person uses them: train, then everything that works on a model; and every kind of bad input, each answered
// with one clear line and exit code 1 or 2.

using System.Text;
using System.Text.Json;
using GruLM.Cli;
using GruLM.Cli.Demo;
using GruLM.Model;
using GruLM.Training;

namespace GruLM.Tests.Cli;

public sealed class CommandsTests(TrainedFolder trained) : IClassFixture<TrainedFolder>
{
    private const string SmallSizes = "--hidden-dim 16 --emb-dim 16 --num-layers 1";
    private const string SizesForExchanges = "--vocab-size 300 --hidden-dim 24 --emb-dim 24 --num-layers 1"
        + " --epochs 12 --batch-size 8 --lr 0.02 --val-fraction 0.05";
    [Fact]
    public void Training_reports_per_epoch_and_leaves_a_whole_model_folder()
    {
        Assert.Equal(0, trained.Code);
        Assert.Equal("", trained.Output);
        Assert.Contains("epoch 4/4: average NLL", trained.Messages, StringComparison.Ordinal);
        Assert.Contains("perplexity", trained.Messages, StringComparison.Ordinal);
        Assert.Contains("bits/byte", trained.Messages, StringComparison.Ordinal);
        Assert.EndsWith(
            $"try: {ProgramName.Text} generate --model {trained.Model} --prompt \"…\"\n", trained.Messages, StringComparison.Ordinal);
        string[] files =
        [
            "config.json", "model.safetensors", "tokenizer.model", "generation_config.json",
            "training/settings.json", "training/metrics.jsonl",
        ];
        Assert.All(files, file => Assert.True(File.Exists(Path.Combine(trained.Model, file)), file));

        var lines = File.ReadAllLines(Path.Combine(trained.Model, "training", "metrics.jsonl"))
            .Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Contains(lines, l =>
            l.TryGetProperty("train_nll", out _) && l.TryGetProperty("tokens_per_s", out _) && l.TryGetProperty("grad_norm", out _));
        Assert.Contains(lines, l => l.TryGetProperty("val_bits_per_byte", out _) && l.TryGetProperty("val_token_accuracy", out _));
    }

    [Fact]
    public void Eval_gives_the_documented_object_and_follows_the_split()
    {
        (int code, string? output, string _) = Run("eval", "--model", trained.Model, "--json");
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        double Number(string name) => json.RootElement.GetProperty(name).GetDouble();
        Assert.Equal(
            ["tokens", "bytes", "nll", "perplexity", "bits_per_byte", "token_accuracy", "seconds"],
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(Math.Exp(Number("nll")), Number("perplexity"), 1e-9);
        Assert.Equal(Number("nll") * Number("tokens") / Math.Log(2) / Number("bytes"), Number("bits_per_byte"), 1e-9);

        // The last tenth of the text, without its first token.
        Assert.InRange(Number("bytes"), 3980, 4100);
        Assert.InRange(Number("bits_per_byte"), 0.5, 3);
        string[] all = ["eval", "--model", trained.Model, "--data", trained.Text];
        (int Code, string Output, string Error) window = Run([.. all, "--window", "64", "--json"]);
        Assert.Equal(0, window.Code);
        Assert.Contains("has learned from this text", window.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("has learned from this text", Run([.. all, "--held-out", "--json"]).Error, StringComparison.Ordinal);
        (int Code, string Output, string Error) lines = Run([.. all, "--samples", "lines", "--json"]);
        Assert.Equal(0, lines.Code);
        static double Bytes(string result) => JsonDocument.Parse(result).RootElement.GetProperty("bytes").GetDouble();
        Assert.True(Bytes(window.Output) < new FileInfo(trained.Text).Length);
        Assert.Equal(File.ReadLines(trained.Text).Where(l => l.Length > 0).Sum(l => l.Length + 1), Bytes(lines.Output));
    }

    [Fact]
    public void Generate_repeats_itself_for_a_seed_and_stops_where_it_is_told()
    {
        string[] line = ["generate", "--model", trained.Model, "--prompt", "On Monday", "-n", "40"];
        (int Code, string Output, string Error) first = Run([.. line, "--seed", "5"]);
        Assert.Equal(0, first.Code);
        Assert.StartsWith("On Monday", first.Output, StringComparison.Ordinal);
        Assert.Equal(first, Run([.. line, "--seed", "5"]));
        Assert.NotEqual(first.Output, Run([.. line, "--seed", "6"]).Output);
        Assert.Equal(
            Run([.. line, "--temperature", "0", "--seed", "1"]).Output,
            Run([.. line, "--temperature", "0", "--seed", "2"]).Output);
        string stopped = Run([.. line, "--seed", "5", "--stop", " "]).Output;
        Assert.DoesNotContain(' ', stopped["On Monday".Length..].TrimEnd('\n'));
        Assert.Equal("\n", Run("generate", "--model", trained.Model, "-n", "0").Output);
        using var json = JsonDocument.Parse(Run([.. line, "--seed", "5", "--json"]).Output);
        string? told = json.RootElement.GetProperty("prompt").GetString(), text = json.RootElement.GetProperty("text").GetString();
        Assert.Equal(first.Output, told + text + "\n");
        string prompt = Path.Combine(trained.Root, "prompt.txt");
        File.WriteAllText(prompt, "On Monday\n");
        Assert.Equal(first.Output, Run("generate", "--model", trained.Model, "-f", prompt, "-n", "40", "--seed", "5").Output);
        Assert.Equal(2, Run("generate", "--model", trained.Model, "-p", "a", "-p", "b", "-n", "3", "--json").Output.Count(c => c == '\n'));
    }

    [Fact]
    public void Chat_answers_each_line_with_one_and_show_tells_what_the_model_is()
    {
        byte[] input = Encoding.UTF8.GetBytes("What is my name?\n\nHello\n/reset\nWho are you?\n");
        (int Code, string Output, string Error) chat = Run(input, "chat", "--model", trained.Model, "--seed", "1", "-n", "20");
        Assert.Equal(0, chat.Code);
        Assert.Equal(3, chat.Output.Count(c => c == '\n'));
        Assert.DoesNotContain("<end>", chat.Output, StringComparison.Ordinal);
        (int Code, string Output, string Error) show = Run("show", trained.Model);
        Assert.Equal(0, show.Code);
        Assert.Contains("gru.weight_hh_l1", show.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Run("show", trained.Model, "--json").Output);
        Assert.Equal(32, json.RootElement.GetProperty("hidden_dim").GetInt32());
    }

    [Fact]
    public void Lines_are_trained_evaluated_and_talked_with_as_lines()
    {
        string text = Path.Combine(trained.Root, "pairs.txt"), model = Path.Combine(trained.Root, "pairs");
        File.WriteAllText(text, Exchanges("<prompt> say ping <ai> pong\n\n", "<prompt> say tick <ai> tock\n\n"));
        (int Code, string Output, string Error) train = Run(
            $"train --data {text} --samples lines --out-dir {model} {SizesForExchanges}".Split(' '));
        Assert.True(train.Code == 0, train.Error);
        Assert.EndsWith($"try: {ProgramName.Text} chat --model {model} --temperature 0 --fresh\n", train.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Run("eval", "--model", model, "--json").Output);
        Assert.Equal(15 * "<prompt> say ping <ai> pong\n".Length, json.RootElement.GetProperty("bytes").GetInt32());
        Assert.Equal("pong\ntock\n", Chat(model));
        Assert.Contains("single questions", Run("say ping\n"u8.ToArray(), "chat", "--model", model).Error, StringComparison.Ordinal);
        Assert.Equal("", Run("say ping\n"u8.ToArray(), "chat", "--model", model, "--fresh").Error);
        string generated = Run("generate", "--model", model, "--prompt", "<prompt> say ping <ai>", "--temperature", "0").Output;
        Assert.EndsWith("pong\n", generated, StringComparison.Ordinal);
    }

    [Fact]
    public void Exchanges_from_records_are_learned_by_their_answers_alone_and_evaluated_like_that()
    {
        string text = Path.Combine(trained.Root, "exchanges.jsonl"), model = Path.Combine(trained.Root, "exchanges");
        File.WriteAllText(text, Exchanges(
            """{"prompt": "say ping", "completion": "pong"}""" + "\n", """{"prompt": "say tick", "completion": "tock"}""" + "\n"));
        (int Code, string Output, string Error) train = Run(
            $"train --data {text} --samples lines --mask-prompt --out-dir {model} {SizesForExchanges}".Split(' '));
        Assert.True(train.Code == 0, train.Error);
        Assert.Contains("300 records", train.Error, StringComparison.Ordinal);
        (int Tokens, int Bytes) masked = Counts(), all = Counts("--no-mask-prompt");
        Assert.Equal(15 * " pong\n".Length, masked.Bytes);
        Assert.Equal(15 * "<prompt> say ping <ai> pong\n".Length, all.Bytes);
        Assert.True(masked.Tokens < all.Tokens);
        Assert.Equal(20 * all.Bytes, Counts("--data", text, "--no-mask-prompt").Bytes);
        Assert.Equal("pong\ntock\n", Chat(model));

        // The settings beside it go on and train it again.
        (int Code, string Output, string Error) more = Run("train", "--resume", model, "--epochs", "13");
        Assert.True(more.Code == 0, more.Error);
        Assert.Equal(masked, Counts());
        Assert.Equal(2, Run("eval", "--model", model, "--data", text, "--mask-prompt", "--samples", "stream").Code);
        string plain = Path.Combine(trained.Root, "no-exchange.txt");
        File.WriteAllText(plain, "say ping\n");
        Assert.Contains("no sample with <ai>", Run("eval", "--model", model, "--data", plain).Error, StringComparison.Ordinal);

        (int Tokens, int Bytes) Counts(params string[] flags)
        {
            JsonElement figures = JsonDocument.Parse(Run(["eval", "--model", model, "--json", .. flags]).Output).RootElement;
            return (figures.GetProperty("tokens").GetInt32(), figures.GetProperty("bytes").GetInt32());
        }
    }

    [Fact]
    public void A_packed_table_is_trained_on_and_found_again_by_eval()
    {
        string table = Path.Combine(trained.Root, "table.csv.gz"), model = Path.Combine(trained.Root, "table");
        IEnumerable<string> stories = SampleCorpus.Generate(3, 6000).Replace("\"", "\"\"", StringComparison.Ordinal).Split("\n\n");
        string rows = "id,story\n" + string.Concat(stories.Select((story, i) => $"{i},\"{story}\"\n"));
        File.WriteAllBytes(table, Corpus.TextCorpusTests.Pack(Encoding.UTF8.GetBytes(rows)));
        (int Code, string Output, string Error) train = Run(
            $"train --data {table} --column story --out-dir {model} --vocab-size 400 {SmallSizes} --max-steps 2".Split(' '));
        Assert.True(train.Code == 0, train.Error);
        Assert.Equal(0, Run("eval", "--model", model).Code);
        Assert.Equal(0, Run("eval", "--model", model, "--data", table, "--column", "story").Code);
        string error = Run("eval", "--model", model, "--data", table).Error;
        Assert.Contains("no column 'text'; its columns are 'id', 'story'", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train --data {text} --out-dir {root}/x --mask-prompt", 2, "--mask-prompt needs --samples lines")]
    [InlineData("train --data {text} --out-dir {root}/x --column story", 2, "--column story: only tables have columns")]
    [InlineData(
        "train --data {root}/thirty.txt --out-dir {root}/x --mask-prompt --samples lines --val-fraction 0", 1,
        "no sample of the training part has an answer")]
    [InlineData("train --data {root}/damaged.txt.gz --out-dir {root}/x", 1, "damaged.txt.gz: is damaged or no gzip file")]
    [InlineData("train --data {root}/fields.jsonl --out-dir {root}/x", 1, "fields.jsonl: line 2: has only")]
    [InlineData("train --data {root}/missing.txt --out-dir {root}/x", 1, "missing.txt")]
    [InlineData("train --data {root}/empty.txt --out-dir {root}/x", 1, "empty.txt: is empty")]
    [InlineData("train --data {root}/nothing --out-dir {root}/x", 1, "nothing")]
    [InlineData("train --data {root}/a.txt --out-dir {root}/x", 1, "too few")]
    [InlineData("train --data {root}/thirty.txt --out-dir {root}/x --val-fraction 0.02", 1, "held-out part has 1 token")]
    [InlineData("train --data {text} --out-dir {root}/x --vocab-size 5", 2, "at least")]
    [InlineData("train --data {text} --out-dir {root}/x --emb-dim 16 --hidden-dim 32", 2, "must equal")]
    [InlineData("train --data {text} --out-dir {root}/x --hidden-dim 0", 2, "--hidden-dim 0")]
    [InlineData("train --data {text} --out-dir {root}/x --hidden-dim -3", 2, "--hidden-dim -3")]
    [InlineData("train --data {text} --out-dir {root}/x --hidden-dim 99999999", 2, "--hidden-dim 99999999")]
    [InlineData("train --data {text} --out-dir {root}/x --lr NaN", 2, "--lr NaN")]
    [InlineData("train --data {text} --out-dir {root}/x --dropout 1", 2, "--dropout 1")]
    [InlineData("train --data {text} --out-dir {root}/x --hidden-dim 16384 --emb-dim 16384 --num-layers 64", 2, "GB")]
    [InlineData("train --data {text} --out-dir {text}", 1, "is a file")]
    [InlineData("train --data {text} --out-dir {text}/deep/down", 1, "is a file")]
    [InlineData("train --data {root}/newlines.txt --out-dir {root}/x", 1, "no line with text")]
    [InlineData("train --data {root}/a.txt --out-dir {root}/x --samples lines --val-fraction 0", 1, "too few")]
    [InlineData("train --data {root}/thirty.txt --out-dir {root}/x --samples lines", 1, "one record")]
    [InlineData("train --data {text} --out-dir {root}/x --val-data {root}/missing.txt", 1, "missing.txt")]
    [InlineData("train --data {text} --out-dir {root}/x --val-data {root}/empty.txt", 1, "empty.txt: is empty")]
    [InlineData("generate --model {root}/untokenized --prompt x", 1, "tokenizer.model")]
    [InlineData("generate --model {root}/mistokenized --prompt x", 1, "tokenizer.model")]
    [InlineData("generate --model {root}/misconfigured --prompt x", 1, "generation_config.json")]
    [InlineData("bench train --batch-size 65536 --bptt 65536", 2, "--batch-size")]
    [InlineData("train --data {text} --out-dir {model}", 1, "holds a model already")]
    [InlineData("train --data {text} --out-dir {root}/x --hiden-dim 32", 2, "did you mean --hidden-dim?")]
    [InlineData("train --data {text} --out-dir {root}/x --tokenizer {text}", 1, "text.txt")]
    [InlineData("train --data {text} --out-dir {root}/x --samples lines --val-data {root}/blank.txt", 1, "no line with text")]
    [InlineData("eval --model {root}/nowhere", 1, "no such model folder")]
    [InlineData("eval --model {model}/config.json", 1, "is a file; a model is a folder")]
    [InlineData("eval --model {model} --data {root}/a.txt", 1, "at least 2")]
    [InlineData("eval --model {model} --data {root}/newlines.txt --samples lines", 1, "newlines.txt: has no line with text")]
    [InlineData("tokenizer show {root}/empty.txt", 1, "empty.txt' holds no pieces, as an empty file does; name another file")]
    [InlineData(
        "tokenizer show {root}/mistokenized/tokenizer.model", 1,
        "tokenizer.model' is not a SentencePiece model, or is cut off; name another file, or take a whole copy of it")]
    [InlineData("eval --model {root}/truncated --data {text}", 1, "model.safetensors")]
    [InlineData("generate --model {root}/truncated --prompt x", 1, "model.safetensors")]
    [InlineData("generate --model {root}/disagreeing --prompt x", 1, "but config.json calls for")]
    [InlineData("generate --model {model} --prompt x --top-p 0", 2, "--top-p 0")]
    [InlineData("generate --model {model} --prompt x --samplers top_q", 2, "did you mean top_k?")]
    [InlineData("generate --model {model} --prompt x --logit-bias 3", 2, "--logit-bias 3")]
    [InlineData("show {root}", 1, "config.json")]
    public void Bad_input_is_one_clear_line(string line, int code, string expected)
    {
        File.WriteAllText(Path.Combine(trained.Root, "empty.txt"), "");
        File.WriteAllText(Path.Combine(trained.Root, "a.txt"), "a");
        File.WriteAllText(Path.Combine(trained.Root, "thirty.txt"), "qwertyuiopasdfghjklzxcvbnm1234");
        File.WriteAllText(Path.Combine(trained.Root, "blank.txt"), " \n\n");
        File.WriteAllText(Path.Combine(trained.Root, "damaged.txt.gz"), "not packed");
        File.WriteAllText(Path.Combine(trained.Root, "fields.jsonl"), "{\"text\": \"a\"}\n{\"body\": \"b\"}\n");
        Directory.CreateDirectory(Path.Combine(trained.Root, "nothing"));
        File.WriteAllText(Path.Combine(trained.Root, "newlines.txt"), new string('\n', 100));
        CopyModel("mistokenized", "tokenizer.model", bytes => bytes[..(bytes.Length / 2)]);
        CopyModel("misconfigured", "generation_config.json", _ => "{\"chat\": null}"u8.ToArray());
        CopyModel("untokenized", "tokenizer.model", bytes => bytes);
        File.Delete(Path.Combine(trained.Root, "untokenized", "tokenizer.model"));
        CopyModel("truncated", "model.safetensors", bytes => bytes[..(bytes.Length / 2)]);
        CopyModel("disagreeing", "config.json", bytes => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes)
            .Replace("\"hidden_dim\": 32", "\"hidden_dim\": 48", StringComparison.Ordinal)
            .Replace("\"embedding_dim\": 32", "\"embedding_dim\": 48", StringComparison.Ordinal)));
        IEnumerable<string> words = line.Split(' ').Select(word => word
            .Replace("{root}", trained.Root, StringComparison.Ordinal)
            .Replace("{text}", trained.Text, StringComparison.Ordinal)
            .Replace("{model}", trained.Model, StringComparison.Ordinal));
        (int Code, string Output, string Error) result = Run([.. words]);
        string last = result.Error.TrimEnd('\n').Split('\n')[^1];
        Assert.StartsWith("grulm: ", last, StringComparison.Ordinal);
        Assert.Contains(expected, last, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Equal(code, result.Code);
        Assert.False(Directory.Exists(Path.Combine(trained.Root, "x")), "nothing is written when nothing was trained");
    }

    [Fact]
    public void A_vocabulary_that_is_too_small_names_the_minimum_and_that_minimum_works()
    {
        (int Code, string Output, string Error) refused = Run(
            "train", "--data", trained.Text, "--out-dir", Path.Combine(trained.Root, "small"), "--vocab-size", "5");
        string minimum = System.Text.RegularExpressions.Regex.Matches(refused.Error.TrimEnd('\n').Split('\n')[^1], "[0-9]+")
            .Select(m => m.Value).First(n => int.Parse(n) > 264);
        string folder = Path.Combine(trained.Root, "small");
        (int Code, string Output, string Error) accepted = Run(
            $"train --data {trained.Text} --out-dir {folder} --vocab-size {minimum} {SmallSizes} --max-steps 2".Split(' '));
        Assert.True(accepted.Code == 0, accepted.Error);
    }

    [Fact]
    public void The_settings_beside_a_model_train_it_again_bit_for_bit()
    {
        string again = Path.Combine(trained.Root, "again");
        (int Code, string Output, string Error) result = Run(
            "train", "--config", Path.Combine(trained.Model, "training", "settings.json"), "--out-dir", again);
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(trained.Model, "model.safetensors")),
            File.ReadAllBytes(Path.Combine(again, "model.safetensors")));
    }

    [Fact]
    public void A_generation_config_with_one_key_keeps_the_other_defaults()
    {
        CopyModel("partial", "generation_config.json", _ => "{\"temperature\": 0}"u8.ToArray());
        string model = Path.Combine(trained.Root, "partial");
        Assert.Equal(
            Run("generate", "--model", trained.Model, "-p", "On", "-n", "9", "--temperature", "0").Output,
            Run("generate", "--model", model, "-p", "On", "-n", "9").Output);
    }

    [Fact]
    public void The_default_vocabulary_grows_for_a_text_of_many_characters_and_a_given_one_does_not()
    {
        string text = Path.Combine(trained.Root, "characters.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 2500).Select(i => $"{(char)(0x4E00 + i)}{(char)(0x4E00 + i)}\n")));
        string[] line =
        [
            "train", "--data", text, "--out-dir", Path.Combine(trained.Root, "characters"),
            "--hidden-dim", "8", "--emb-dim", "8", "--num-layers", "1", "--max-steps", "1",
        ];
        Assert.Equal(2, Run([.. line, "--vocab-size", "2048"]).Code);
        (int Code, string Output, string Error) grown = Run(line);
        Assert.True(grown.Code == 0, grown.Error);
        Assert.Contains("the text's characters need", grown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Repairs_are_counted_and_said_and_a_large_vocabulary_is_clamped_with_a_notice()
    {
        string text = Path.Combine(trained.Root, "windows.txt");
        byte[] sample = Encoding.UTF8.GetBytes(SampleCorpus.Generate(4, 3000).Replace("\n", "\r\n", StringComparison.Ordinal));
        File.WriteAllBytes(text, [0xEF, 0xBB, 0xBF, .. sample, 0xFF, (byte)'a', 0xC3]);
        (int Code, string Output, string Error) result = Run(
            $"train --data {text} --out-dir {trained.Root}/windows --vocab-size 60000 {SmallSizes} --max-steps 3".Split(' '));
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains("2 sequences of invalid UTF-8 were replaced", result.Error, StringComparison.Ordinal);
        Assert.Contains("Windows line ends", result.Error, StringComparison.Ordinal);
        Assert.Contains("fewer than --vocab-size 60000", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_saves_and_exits_with_130()
    {
        string model = Path.Combine(trained.Root, "stopped");
        using var stop = new CancellationTokenSource();
        string line = $"train --data {trained.Text} --out-dir {model} --vocab-size 400 --hidden-dim 64 --emb-dim 64 --epochs 100000";
        Task<(int Code, string Output, string Error)> run = Task.Run(() => Run([], stop.Token, line.Split(' ')));

        // As soon as a first model is saved; a run of this length would never end by itself.
        while (!run.IsCompleted && !File.Exists(Path.Combine(model, ModelFile.ConfigName))) await Task.Delay(50);
        await stop.CancelAsync();
        (int Code, string Output, string Error) result = await run;
        Assert.Equal(130, result.Code);
        Assert.Contains("the model so far is saved", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, Run("generate", "--model", model, "-n", "3").Code);
        Assert.NotEmpty(Checkpoint.Find(model + "/training"));
    }

    internal static (int Code, string Output, string Error) Run(params string[] args) => Run([], args);

    internal static (int Code, string Output, string Error) Run(byte[] input, params string[] args) =>
        Run(input, CancellationToken.None, args);

    internal static (int Code, string Output, string Error) Run(byte[] input, CancellationToken stop, params string[] args)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        int code;
        using (var session = new Session(new MemoryStream(input), output, error, errorIsTerminal: false, stop))
        {
            code = CommandLine.Run(args, Program.Commands(), session);
        }

        return (code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    // 300 samples, one and the other by turns.
    private static string Exchanges(string even, string odd) =>
        string.Concat(Enumerable.Range(0, 300).Select(i => i % 2 == 0 ? even : odd));

    private static string Chat(string model) =>
        Run(Encoding.UTF8.GetBytes("say ping\nsay tick\n"), "chat", "--model", model, "--temperature", "0").Output;

    // A copy of the model in which one file is changed.
    private void CopyModel(string name, string changed, Func<byte[], byte[]> change)
    {
        string folder = Directory.CreateDirectory(Path.Combine(trained.Root, name)).FullName;
        foreach (string file in Directory.EnumerateFiles(trained.Model))
        {
            byte[] bytes = File.ReadAllBytes(file);
            string fileName = Path.GetFileName(file);
            File.WriteAllBytes(Path.Combine(folder, fileName), fileName == changed ? change(bytes) : bytes);
        }
    }
}
