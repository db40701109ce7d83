// The commands that let a model write: what they refuse, what reaches a terminal and what a pipe, and chats with models of all kinds.

using System.Runtime.InteropServices;
using System.Text;
using GruLM.Cli;
using GruLM.Cli.Pipes;
using GruLM.Model;
using GruLM.Tokenization;

namespace GruLM.Tests.Cli;

public sealed class GeneratingTests : IDisposable
{
    private const string Harmful = "\u001b\u0007\u0008\r\u007f\u009b\u202e\u2066";

    private readonly TinyModel _folder = new(SampleKind.Stream);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--stop ''", "--stop ''")]
    [InlineData("--stop a --stop ''", "--stop ''")]
    [InlineData("--logit-bias 320=1", "tokens are 0 to 319")]
    [InlineData("--logit-bias 2147483647=-inf", "tokens are 0 to 319")]
    [InlineData("--logit-bias -1=1", "a token id, =, and a number")]
    [InlineData("--logit-bias 1=nan", "a token id, =, and a number")]
    [InlineData("--logit-bias 1=inf", "a token id, =, and a number")]
    [InlineData("--logit-bias 1=2e30", "--logit-bias 1=2e30: a bias is at most")]
    [InlineData("--logit-bias 1", "a token id, =, and a number")]
    [InlineData("--temperature nan", "--temperature nan")]
    [InlineData("--top-p NaN", "--top-p NaN")]
    [InlineData("--min-p -1", "--min-p -1")]
    public void What_makes_no_sense_is_bad_usage(string flags, string expected)
    {
        string[] words = [.. flags.Split(' ').Select(word => word == "''" ? "" : word)];
        (int code, string output, string error) = CommandsTests.Run(["generate", "--model", _folder.Folder, "-p", "a", .. words]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public void Biases_for_tokens_that_there_are_not_are_refused_by_the_library_too()
    {
        using LanguageModel model = _folder.Open();
        foreach (int id in (int[])[-1, 320, int.MinValue])
        {
            var options = new GenerationOptions { Sampling = new() { LogitBias = new Dictionary<int, float> { [id] = 1 } } };
            Action[] uses = [() => model.Generate("a", options), () => model.GenerateAsync("a", options), () => model.StartChat(options)];
            Assert.All(uses, use => Assert.Contains(
                $"'LogitBias' names token {id}", Assert.Throws<ArgumentException>(use).Message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Control_characters_reach_a_pipe_and_no_terminal()
    {
        string text = $"a{Harmful}b\tc\nd ü → 日本";
        Assert.Equal("a␛␇␈␍␡\uFFFD\uFFFD\uFFFDb\tc\nd ü → 日本", TerminalText.Show(text));
        const string Harmless = "[31m an \u200fאב\u200e \U0001F600";
        Assert.Same(Harmless, TerminalText.Show(Harmless));

        // A model that writes nothing else.
        string[] letters = [.. Harmful.Select(c => c.ToString())];
        TrainerOptions told = DefaultTokenizer.Options(320);
        foreach (string letter in letters) told.UserDefinedSymbols.Add(letter);
        byte[] corpus = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("the garden is full of bees\n", 20)));
        var tokenizer = new Tokenizer(TokenizerTrainer.Train(told, SentenceReader.SplitLines(corpus)));
        using var folder = new TinyModel(SampleKind.Stream, tokenizer: tokenizer);
        string[] biases = [.. letters.SelectMany(letter => (string[])["--logit-bias", $"{tokenizer.IdOf(letter)}=100000"])];
        string[] line = ["--model", folder.Folder, "-n", "12", "--seed", "1", "--ignore-eos", .. biases];
        foreach (string[] command in (string[][])[["generate", "-p", "\u001b]0;x", .. line], ["chat", .. line]])
        {
            string piped = Run(command, terminal: false), shown = Run(command, terminal: true);
            Assert.True(piped.Count(c => Harmful.Contains(c, StringComparison.Ordinal)) >= 12);
            Assert.DoesNotContain(shown, c => Harmful.Contains(c, StringComparison.Ordinal));
            Assert.Equal(TerminalText.Show(piped), shown);
        }
    }

    [Fact]
    public void Samples_of_a_run_are_harmless_too()
    {
        var sample = new TrainingSample(7, "\u001b", "a\nb\u009bc");
        Assert.Equal("sample at step 7: ␛a⏎b\uFFFDc\n", Shown(live: true));
        Assert.Equal("sample at step 7: \u001ba⏎b\u009bc\n", Shown(live: false));

        string Shown(bool live)
        {
            using var messages = new StringWriter { NewLine = "\n" };
            new RunDisplay(messages, live).OnSample(sample);
            return messages.ToString();
        }
    }

    [Fact]
    public void Weights_that_are_not_finite_are_an_error_of_every_command()
    {
        string text = Path.Combine(_folder.Folder, "text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("the garden is full of bees\n", 40)));
        string weights = Path.Combine(_folder.Folder, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        MemoryMarshal.Write(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(weights, bytes);
        string[] lines =
        [
            "generate -m {0} -p a", "chat -m {0}", "score -m {0} --data {1}", "score -m {0} --data {1} --json", "eval -m {0} --data {1}",
            "eval -m {0} --data {1} --json", "eval -m {0} --data {1} --dynamic", "show {0}",
            "train --init-from {0} --data {1} --out-dir {0}/next --max-steps 1",
        ];
        Assert.All(lines, line =>
        {
            (int code, string output, string error) = CommandsTests.Run(string.Format(null, line, _folder.Folder, text).Split(' '));
            Assert.Equal((1, ""), (code, output));
            Assert.Contains($"{weights}: tensor gru.", error, StringComparison.Ordinal);
            Assert.Contains("not finite", error, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_chat_with_a_model_that_learned_no_exchanges_says_so()
    {
        Assert.DoesNotContain("note:", Chat().Error, StringComparison.Ordinal);
        (GenerationConfig.For(SampleKind.Stream) with { Chat = new ChatTemplate { IsTrained = false } }).Save(_folder.Folder);
        (int code, _, string error) = Chat();
        Assert.Equal(0, code);
        Assert.Contains("without <prompt> … <ai> …", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));

        (int Code, string Output, string Error) Chat() => CommandsTests.Run("hi\n"u8.ToArray(), "chat", "-m", _folder.Folder, "-n", "3");
    }

    [Fact]
    public void A_model_that_answers_nothing_is_told_of_once()
    {
        string bias = $"{_folder.Tokenizer.IdOf("<end>")}=1e6";
        (int code, string output, string error) =
            CommandsTests.Run("hi\nhi\n"u8.ToArray(), "chat", "-m", _folder.Folder, "--logit-bias", bias);
        Assert.Equal((0, "\n\n"), (code, output));
        Assert.Contains("ended its reply before the first word", error, StringComparison.Ordinal);
        Assert.Equal(1, error.Count(c => c == '\n'));
    }

    [Fact]
    public void A_chat_that_is_told_to_say_nothing_does_not_blame_the_model()
    {
        (int code, string output, string error) = CommandsTests.Run("hi\nhi\n"u8.ToArray(), "chat", "-m", _folder.Folder, "-n", "0");
        Assert.Equal((0, "\n\n", "note: --max-tokens 0 asks for no tokens, so that every reply is empty\n"), (code, output, error));
    }

    [Fact]
    public void A_chat_that_is_stopped_while_it_waits_ends_quietly()
    {
        using var stop = new CancellationTokenSource();
        using var person = new WaitingInput("hi\n", stop);
        using var output = new MemoryStream();
        using var error = new StringWriter();
        using (var session = new Session(new StoppableInput(person, stop.Token), output, error, false, stop.Token))
        {
            Assert.Equal(130, CommandLine.Run(["chat", "-m", _folder.Folder, "-n", "3", "--ignore-eos"], Program.Commands(), session));
        }

        Assert.Equal("", error.ToString());
        Assert.Equal((byte)'\n', output.ToArray()[^1]);
    }

    [Fact]
    public void A_stream_of_records_teaches_answers_of_several_lines()
    {
        string talk = Path.Combine(_folder.Folder, "talk.jsonl"), model = Path.Combine(_folder.Folder, "talker");
        string[] questions = ["What is it?", "Who is there?", "Where now?"];
        File.WriteAllLines(talk, Enumerable.Range(0, 120).Select(i =>
            $$"""{"prompt": "{{questions[i % 3]}}", "completion": "First: one.\nSecond: two.\nThird: three."}"""));
        string line = $"train --data {talk} --out-dir {model} --hidden-dim 48 --emb-dim 48 --num-layers 1 --vocab-size 300 --epochs 20"
            + " --batch-size 4 --bptt 32 --lr 0.02";
        Assert.Equal(0, CommandsTests.Run(line.Split(' ')).Code);
        (int code, string output, string error) = CommandsTests.Run(
            "Who is there?\nWhere now?\n"u8.ToArray(), "chat", "-m", model, "--temperature", "0");
        const string Answer = "First: one.\nSecond: two.\nThird: three.\n";
        Assert.Equal((0, Answer + Answer, ""), (code, output, error));
    }

    private string Run(string[] command, bool terminal)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        using (var session = new Session(new MemoryStream("hi\n"u8.ToArray()), output, error, false, CancellationToken.None)
        {
            OutputIsTerminal = terminal,
        })
        {
            Assert.Equal(0, CommandLine.Run(command, Program.Commands(), session));
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }
}
