// grulm generate with several texts behind a prompt, searches, states that are kept, and escapes.

using System.Text;
using System.Text.Json;
using GruLM.Cli;
using GruLM.Cli.Commands;
using GruLM.Generation;
using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class CompletionsTests : IDisposable
{
    private readonly TinyModel _folder = new(SampleKind.Stream);
    private readonly string _state = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [Fact]
    public void Each_completion_is_the_text_that_its_seed_gives_alone()
    {
        using LanguageModel model = _folder.Open();
        GenerationOptions options = Options(5) with { Stop = ["e"], MaxTokens = 20 };
        Completion[] texts = [.. model.Complete("The garden", 70, options)];
        Assert.Equal(70, texts.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            using TextSession alone = model.StartText(options with { Sampling = options.Sampling! with { Seed = 5 + (ulong)i } });
            alone.Read("The garden");
            Assert.Equal(string.Concat(alone.Write()), texts[i].Text);
            Assert.Equal((alone.FinishReason, alone.TokensWritten), (texts[i].FinishReason, texts[i].Tokens));
        }

        Assert.Contains(texts, text => text.FinishReason == FinishReason.Stop);
        Assert.Contains(texts, text => text.FinishReason == FinishReason.Length);
        IEnumerable<Completion> endless = model.Complete("The garden", int.MaxValue, options);
        Assert.Equal(texts.Take(3).Select(text => text.Text), endless.Take(3).Select(text => text.Text));
    }

    [Fact]
    public void A_beam_of_one_is_greedy_and_a_wide_one_finds_no_less_likely_text()
    {
        using LanguageModel model = _folder.Open();
        var greedy = new GenerationOptions { Sampling = new SamplingOptions { Temperature = 0 }, MaxTokens = 8 };
        Completion one = Assert.Single(model.Search("The garden", 1, greedy));
        Assert.Equal(string.Concat(model.Generate("The garden", greedy)), one.Text);
        IReadOnlyList<Completion> many = model.Search("The garden", 64, greedy);
        Assert.Equal(64, many.Count);
        Assert.True(many[0].LogProb >= one.LogProb);
        Assert.Equal(many.OrderByDescending(text => text.LogProb), many);
        Assert.Equal(64, many.Select(text => text.LogProb).Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Search("a", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Search("a", LanguageModel.WidestBeam + 1));
    }

    [Fact]
    public void Searching_everything_finds_the_likeliest_text_of_all()
    {
        using LanguageModel model = _folder.Open();
        int[] banned = [.. model.Ids.Never, .. model.Ids.Stops];
        int vocab = model.Config.VocabSize;
        IDecodingSession session = model.NewSession();
        session.Read([.. model.PromptIds("The")]);
        double first = BestFollowing(session, banned, out int[] order);
        float[] state = session.SaveState();
        double best = double.NegativeInfinity;
        for (int id = 0; id < vocab; id++)
        {
            if (banned.Contains(id)) continue;
            session.RestoreState(state);
            double logProb = LogProb(session, id);
            session.Read(id);
            best = Math.Max(best, logProb + BestFollowing(session, banned, out _));
        }

        Assert.True(first <= 0 && order.Length > 0);
        IReadOnlyList<Completion> found = model.Search("The", 256, new GenerationOptions { MaxTokens = 2, IgnoreEos = true });
        Assert.Equal(best, found[0].LogProb!.Value, 1e-4);
    }

    [Fact]
    public void Lines_of_json_tell_how_texts_ended()
    {
        string[] line = ["generate", "-m", _folder.Folder, "-p", "The", "-n", "4", "--seed", "3", "--ignore-eos", "--json"];
        JsonElement[] one = Json(line), three = Json([.. line, "--completions", "3"]), likely = Json([.. line, "--beam", "2"]);
        Assert.Equal("length", Assert.Single(one).GetProperty("finish_reason").GetString());
        Assert.Equal(4, one[0].GetProperty("tokens").GetInt32());
        Assert.Equal(3, three.Length);
        Assert.Equal(one[0].GetRawText(), three[0].GetRawText());
        Assert.True(Assert.Single(likely).GetProperty("logprob").GetDouble() < 0);
    }

    [Fact]
    public void A_state_is_kept_and_gone_on_from()
    {
        string[] line = ["generate", "-m", _folder.Folder, "--seed", "3", "--ignore-eos", "--top-k", "1", "--json", "-n"];
        string whole = Json([.. line, "12", "-p", "The"])[0].GetProperty("text").GetString()!;
        string first = Json([.. line, "6", "-p", "The", "--state", _state])[0].GetProperty("text").GetString()!;
        string second = Json([.. line, "6", "--state", _state])[0].GetProperty("text").GetString()!;
        if (!whole.Contains('\uFFFD', StringComparison.Ordinal)) Assert.Equal(whole, first + second);
        (int code, string _, string error) = CommandsTests.Run([.. line, "6", "--state", _state, "--weights", "fp32"]);
        Assert.Equal(1, code);
        Assert.Contains("--weights int8", error, StringComparison.Ordinal);
        File.WriteAllText(_state, "nonsense");
        (code, _, error) = CommandsTests.Run([.. line, "6", "--state", _state]);
        Assert.Equal(1, code);
        Assert.Contains($"{_state}: is no saved state", error, StringComparison.Ordinal);
        Assert.Equal("nonsense", File.ReadAllText(_state));
    }

    [Fact]
    public void A_state_is_kept_where_a_prompt_was_not_read_to_its_end()
    {
        string[] line = ["generate", "-m", _folder.Folder, "--state", _state, "-n", "1"];
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Equal((130, "", $"stopped before the whole prompt was read; {_state} was not written\n"), Stopped("The old clock"));
        Assert.False(File.Exists(_state));
        Assert.Equal(0, CommandsTests.Run([.. line, "-p", "The"]).Code);
        byte[] before = File.ReadAllBytes(_state);
        Assert.Equal((130, "", $"stopped before the whole prompt was read; {_state} is as it was\n"), Stopped("The old clock"));
        Assert.Equal(before, File.ReadAllBytes(_state));

        (int Code, string Output, string Error) Stopped(string prompt)
        {
            using var output = new MemoryStream();
            using var error = new StringWriter { NewLine = "\n" };
            using var session = new Session(Stream.Null, output, error, false, stop.Token);
            int code = CommandLine.Run([.. line, "-p", prompt], Program.Commands(), session);
            return (code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
        }
    }

    [Fact]
    public void A_state_that_cannot_be_kept_is_said_at_once()
    {
        Refused(1, $"{_folder.Folder}: is a folder", _folder.Folder);
        Refused(1, "none does not exist", Path.Combine(_folder.Folder, "none", "x"));
        Refused(2, "--state '': the name of a file was expected", "");

        void Refused(int code, string words, string state)
        {
            // No model there, which would be found next.
            (int found, string output, string error) = CommandsTests.Run("generate", "-m", _state, "-p", "a", "--state", state);
            Assert.Equal((code, ""), (found, output));
            Assert.Contains(words, error, StringComparison.Ordinal);
            Assert.Equal(1, error.Count(c => c == '\n'));
        }
    }

    [Fact]
    public void Log_probabilities_are_those_of_the_scores()
    {
        string[] line = ["generate", "-m", _folder.Folder, "-p", "The", "-n", "5", "--seed", "3", "--ignore-eos", "--json"];
        JsonElement[] both = [Json([.. line, "--logprobs", "3"])[0], Json([.. line, "--logprobs", "3", "--completions", "1"])[0]];
        Assert.Equal(both[0].GetRawText(), both[1].GetRawText());
        JsonElement[] tokens = [.. both[0].GetProperty("logprobs").EnumerateArray()];
        Assert.Equal(5, tokens.Length);
        using LanguageModel model = _folder.Open();
        IDecodingSession session = model.NewSession();
        session.Read([.. model.PromptIds("The")]);
        foreach (JsonElement token in tokens)
        {
            int id = token.GetProperty("id").GetInt32();
            Assert.Equal(LogProb(session, id), token.GetProperty("logprob").GetDouble(), 1e-4);
            float[] logits = session.Logits().ToArray();
            JsonElement[] best = [.. token.GetProperty("best").EnumerateArray()];
            int[] likeliest = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).Take(3)];
            Assert.Equal(likeliest, best.Select(b => b.GetProperty("id").GetInt32()));
            Assert.Equal(model.Tokenizer.PieceOf(likeliest[0]), best[0].GetProperty("piece").GetString());
            session.Read(id);
        }
    }

    [Theory]
    [InlineData("--logprobs 2", "add it")]
    [InlineData("--state x -p a -p b", "--state carries one text on")]
    [InlineData("--state x --completions 2", "--state carries one text on")]
    [InlineData("--beam 2 --completions 3", "--beam 2 finds 2 texts at most")]
    [InlineData("--beam 2 --json --logprobs 1", "leave --logprobs out")]
    [InlineData("--beam 2 --new", "leave --new out")]
    [InlineData("--beam 0", "--beam 0")]
    [InlineData("--weights int4", "--weights int4")]
    public void What_does_not_go_together_is_bad_usage(string flags, string expected)
    {
        (int code, string output, string error) = CommandsTests.Run(["generate", "-m", _folder.Folder, .. flags.Split(' ')]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"a\nb", "a\nb")]
    [InlineData(@"\t\r\\\""\'", "\t\r\\\"'")]
    [InlineData(@"\x41\u00e9\u65e5", "Aé日")]
    [InlineData(@"\q \x4 \u12 \", @"\q \x4 \u12 \")]
    public void Escapes_are_those_of_c(string escaped, string expected) => Assert.Equal(expected, EscapedText.Read(escaped));

    [Fact]
    public void Known_lines_are_left_out_on_request()
    {
        string root = Directory.CreateTempSubdirectory("grulm-known-").FullName, text = Path.Combine(root, "names.txt");
        File.WriteAllLines(text, ["anna", "bob", "clara", "dan", "emma", "finn", "anna-lena", "bobby", "claire", "daniel"]);
        string[] train = ["train", "--data", text, "--samples", "lines", "--out-dir", Path.Combine(root, "model"), "--hidden-dim", "32"];
        (int code, string output, string error) = CommandsTests.Run(
            [.. train, "--model-type", "char", "--emb-dim", "16", "--no-tie-weights", "--epochs", "30", "--batch-size", "2"]);
        Assert.True(code == 0, error);
        (code, output, error) = CommandsTests.Run(
            [
                "generate", "-m", Path.Combine(root, "model"), "--completions", "15", "--new", "--seed", "1", "-n", "12",
                "--temperature", "1.5"]);
        Assert.True(code == 0, error);
        Directory.Delete(root, recursive: true);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(15, lines.Length);
        Assert.Equal(15, lines.Distinct().Count());
        Assert.DoesNotContain(lines, line => line.Trim() is "anna" or "bob" or "clara" or "dan" or "emma" or "finn");
    }

    public void Dispose()
    {
        _folder.Dispose();
        File.Delete(_state);
    }

    private static GenerationOptions Options(ulong seed) => new() { Sampling = new SamplingOptions { Seed = seed, Temperature = 1 } };

    private static JsonElement[] Json(string[] line)
    {
        (int code, string output, string error) = CommandsTests.Run(line);
        Assert.True(code == 0, error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => JsonDocument.Parse(text).RootElement)];
    }

    private static double LogProb(IDecodingSession session, int id)
    {
        float[] logits = session.Logits().ToArray();
        return logits[id] - Math.Log(logits.Sum(x => Math.Exp(x)));
    }

    private static double BestFollowing(IDecodingSession session, int[] banned, out int[] order)
    {
        float[] logits = session.Logits().ToArray();
        order = [.. Enumerable.Range(0, logits.Length).Where(id => !banned.Contains(id)).OrderByDescending(id => logits[id])];
        return logits[order[0]] - Math.Log(logits.Sum(x => Math.Exp(x)));
    }
}
