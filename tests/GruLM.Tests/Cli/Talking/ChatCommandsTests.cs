// What can be done in a chat besides talking, line by line as a program would send it. Replies of one talk are compared with those of
// another that ought to stand where it does.

using System.Text;
using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class ChatCommandsTests : IDisposable
{
    private static readonly string[] s_likeliest = ["--temperature", "0"];

    private readonly TinyModel _model = new(SampleKind.Stream);

    private string State => Path.Combine(_model.Folder, "talk.state");

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Undo_takes_the_last_turn_back()
    {
        string first = Replies("How are you?"), next = After("How are you?", "And the clock?"), alone = Replies("And the clock?");
        Assert.NotEqual(next, alone);
        Assert.Equal(first + alone, Replies("How are you?", "/undo", "And the clock?"));
        Assert.Equal(first + next + next, Replies("How are you?", "And the clock?", "/undo", "And the clock?"));
        (int code, string output, string error) = Talk([], "/undo", "How are you?", "/undo", "/undo");
        Assert.Equal((0, "there is no turn to take back\nthere is no turn to take back\n"), (code, error));
        Assert.NotEmpty(output);
    }

    [Fact]
    public void Regen_answers_the_last_message_again_by_another_draw()
    {
        string drawn = Talk([], "How are you?", "/regen").Output, first = Talk([], "How are you?").Output;
        Assert.StartsWith(first, drawn, StringComparison.Ordinal);
        Assert.NotEqual(first + first, drawn);
        string once = Replies("How are you?"), next = After("How are you?", "And the clock?");
        Assert.Equal(once + once + next, Replies("How are you?", "/regen", "And the clock?"));
        Assert.Equal("there is no turn to answer again\n", Talk([], "/regen").Error);
    }

    [Fact]
    public void A_fork_goes_its_own_way()
    {
        string first = Replies("How are you?"), bees = After("How are you?", "And the bees?");
        string clock = After("How are you?", "And the clock?");
        Assert.Equal(
            first + bees + clock + After("How are you?", "And the bees?", "Well?") + After("How are you?", "And the clock?", "Well?"),
            Replies("How are you?", "/fork other", "And the bees?", "/fork main", "And the clock?", "/fork other", "Well?", "/fork main",
                "Well?"));
        Assert.Equal("* main\n  main\n  a\n* b\n", Talk([], "/fork", "/fork a", "/fork b", "/fork").Error);

        // Settings are those of the whole talk, and each branch knows what was said in it.
        (_, string output, string error) = Talk(
            s_likeliest, "How are you?", "/fork a", "And the bees?", "/set max-tokens 0", "/fork main", "x", "/set max-tokens 4", "/undo",
            "/fork a", "/regen");
        Assert.Equal("note: --max-tokens 0 asks for no tokens, so that every reply is empty\n", error);
        Assert.StartsWith(first + bees + "\n", output, StringComparison.Ordinal);
        Assert.StartsWith(output[(first + bees + "\n").Length..].TrimEnd('\n'), bees, StringComparison.Ordinal);
    }

    [Fact]
    public void A_talk_is_saved_and_gone_on_from()
    {
        string first = Replies("How are you?"), clock = After("How are you?", "And the clock?");
        Assert.Equal(
            first + clock + clock, Replies("How are you?", $"/save {State}", "And the clock?", $"/load {State}", "And the clock?"));
        Assert.Equal(clock, Replies($"/load {State}", "And the clock?"));
        Assert.Equal("there is no turn to take back\n", Talk([], "How are you?", $"/load {State}", "/undo").Error);
        File.WriteAllText(State, "nothing of that");
        (int code, string output, string error) = Talk(
            s_likeliest, $"/load {State}", "/load /nowhere/there", "/save /nowhere/there", "/save", "How are you?");
        Assert.Equal((0, first), (code, output));
        string[] lines = error.TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("grulm: ", line, StringComparison.Ordinal));
        Assert.Contains("is no saved state", lines[0], StringComparison.Ordinal);
        Assert.Contains("/save needs a name: /save FILE", lines[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("temperature", "0")]
    [InlineData("temp", "0")]
    [InlineData("top-k", "1")]
    [InlineData("top-p", "0.01")]
    [InlineData("min-p", "1")]
    [InlineData("typical", "0.01")]
    [InlineData("repeat-penalty", "1000")]
    [InlineData("repeat-last-n", "-1")]
    [InlineData("presence-penalty", "-1000")]
    [InlineData("frequency-penalty", "-100.5")]
    [InlineData("mirostat", "2")]
    [InlineData("seed", "7")]
    [InlineData("max-tokens", "3")]
    [InlineData("n", "0")]
    [InlineData("stop", "e")]
    [InlineData("stop", "a b --stop x=y")]
    [InlineData("logit-bias", "70=1e6")]
    [InlineData("logit-bias", "70=1e6 71=1e6")]
    [InlineData("samplers", "temperature")]
    public void A_setting_does_what_its_flag_does(string name, string value)
    {
        string flag = name.Length == 1 ? $"-{name}" : $"--{name}";
        string[] values = name == "logit-bias" ? value.Split(' ') : [value];
        string[] set = [.. values.Select(word => $"{flag}={word}")];
        Assert.Equal(Talk(set, "How are you?", "Well?"), Talk([], $"/set {name} {value}", "How are you?", "Well?"));
    }

    [Theory]
    [InlineData("temperature", "-1")]
    [InlineData("temperature", "warm")]
    [InlineData("top-k", "1.5")]
    [InlineData("top-p", "0")]
    [InlineData("repeat-penalty", "0")]
    [InlineData("seed", "-2")]
    [InlineData("max-tokens", "-2")]
    [InlineData("mirostat", "1")]
    [InlineData("logit-bias", "320=1")]
    [InlineData("samplers", "top_q")]
    public void A_wrong_value_is_refused_as_that_of_a_flag_is_and_the_talk_goes_on(string name, string value)
    {
        (int code, _, string refused) = Talk([$"--{name}={value}"], "How are you?");
        Assert.Equal(2, code);
        (code, string output, string error) = Talk([], $"/set {name} {value}", "How are you?");
        Assert.Equal((0, refused), (code, error));
        Assert.Equal(Talk([], "How are you?").Output, output);
    }

    [Fact]
    public void Settings_are_listed_and_left_to_the_model_again()
    {
        (int code, string output, string error) = Talk(
            ["--stop", "xyz"], "/set temperature 0.5", "/set ignore-eos off", "/set stop", "/set top-k 7", "/set top-k", "/set");
        Assert.Equal((0, ""), (code, output));
        string[] rows = Rows(error);
        string[] expected =
        [
            "max-tokens 8", "temperature 0.5", "top-k 40", "top-p 0.95", "stop none", "ignore-eos off", "seed 1", "typical 1",
            "samplers penalties;dry;top_k;typical;top_p;min_p;temperature",
        ];
        Assert.All(expected, row => Assert.Contains(row, rows));
        string[] wrong = Talk([], "/set temprature 1", "/set colour red", "/set ignore-eos maybe").Error.TrimEnd('\n').Split('\n');
        Assert.Equal("grulm: /set: there is no setting 'temprature'; did you mean temperature?", wrong[0]);
        Assert.Equal("grulm: /set: there is no setting 'colour'; /set lists them", wrong[1]);
        Assert.Equal("grulm: --ignore-eos maybe: one of on, off was expected", wrong[2]);
    }

    [Fact]
    public void A_seed_that_was_drawn_stays()
    {
        string[] rows = Rows(CommandsTests.Run(
            Encoding.UTF8.GetBytes("/set\n/set temperature 0.5\n/set\n"), "chat", "-m", _model.Folder).Error);
        Assert.Single(rows.Where(row => row.StartsWith("seed ", StringComparison.Ordinal)).Distinct());
    }

    [Fact]
    public void Every_generation_flag_is_a_setting()
    {
        string[] rows = Rows(Talk([], "/set").Error);
        Assert.All(new GruLM.Cli.Commands.GenerationFlags().Options, option => Assert.Contains(
            rows, row => row.StartsWith(option.Name.TrimStart('-') + " ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Show_tells_model_weights_and_settings()
    {
        string[] rows = Rows(Talk(["--weights", "fp32"], "How are you?", "/show").Error);
        string[] expected =
        [
            $"model {_model.Folder}", "weights fp32", "device cpu", "talk main; turns that /undo can take back: 1", "temperature 0.8",
        ];
        Assert.All(expected, row => Assert.Contains(row, rows));
        Assert.Contains(rows, row => row.Contains("GRU 2 x 24", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/clear")]
    [InlineData("/reset")]
    [InlineData("  /Clear ")]
    public void Clear_forgets_the_talk(string word)
    {
        Assert.Equal(Replies("How are you?") + Replies("Well?"), Replies("How are you?", word, "Well?"));
        Assert.Equal("there is no turn to take back\n", Talk([], "How are you?", word, "/undo").Error);
    }

    [Theory]
    [InlineData("/bye")]
    [InlineData("/quit")]
    [InlineData("/exit ")]
    public void Bye_ends_the_talk(string word) =>
        Assert.Equal((0, Replies("How are you?"), ""), Talk(s_likeliest, "How are you?", word, "Well?"));

    [Theory]
    [InlineData("/?")]
    [InlineData("/help")]
    public void Help_lists_all(string word)
    {
        (int code, string output, string error) = Talk([], word);
        Assert.Equal((0, ""), (code, output));
        string[] names =
        [
            "/undo", "/regen", "/fork [NAME]", "/save FILE", "/load FILE", "/set [NAME [VALUE]]", "/show", "/clear, /reset",
            "/bye, /quit, /exit", "/?, /help", "\"\"\"", "//text",
        ];
        Assert.All(names, name => Assert.Contains($"  {name} ", error, StringComparison.Ordinal));
        Assert.All(error.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }

    [Theory]
    [InlineData("/fokr", "/fokr is no command; did you mean /fork? (/? lists them; //fokr says /fokr to the model)\n")]
    [InlineData("/Xyzzy all", "/Xyzzy is no command (/? lists them; //Xyzzy says /Xyzzy to the model)\n")]
    [InlineData("/undo it", "grulm: /undo stands alone on its line\n")]
    [InlineData(" /üb", "/üb is no command (/? lists them; //üb says /üb to the model)\n")]
    public void What_is_no_command_is_never_talk(string line, string expected) =>
        Assert.Equal((0, "", expected), Talk([], line));

    [Theory]
    [InlineData("//text", "/text")]
    [InlineData("//undo", "/undo")]
    [InlineData("/ undo", "/ undo")]
    [InlineData("/1", "/1")]
    [InlineData("\"\"\"one\ntwo\"\"\"", "one two")]
    [InlineData("\"\"\"\n/undo\n\"\"\"", " /undo ")]
    [InlineData("\"\"\"one\"\"\"", "one")]
    [InlineData("\"\"\"one\ntwo", "one two")]
    public void Messages_reach_the_model(string lines, string message)
    {
        using LanguageModel model = _model.Open();
        using ChatSession chat = model.StartChat(new GenerationOptions
        {
            MaxTokens = 8,
            IgnoreEos = true,
            Sampling = new() { Temperature = 0 },
        });
        Assert.Equal((0, string.Concat(chat.Say(message)) + "\n", ""), Talk(s_likeliest, lines));
    }

    [Fact]
    public void An_empty_message_is_none() => Assert.Equal((0, "", ""), Talk([], "\"\"\"\"\"\"", "\"\"\"", "\"\"\"", "", "  "));

    [Fact]
    public void Fresh_turns_know_nothing_of_each_other()
    {
        string bees = Talk([], "And the bees?").Output, clock = Talk([], "And the clock?").Output;
        Assert.Equal(bees + clock + bees, Talk(["--fresh"], "And the bees?", "And the clock?", "And the bees?").Output);
        Assert.NotEqual(bees + clock + bees, Talk([], "And the bees?", "And the clock?", "And the bees?").Output);
    }

    private static string[] Rows(string text) =>
        [.. text.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    private string Replies(params string[] lines) => Talk(s_likeliest, lines).Output;

    // The reply to the last line, where the others were said before.
    private string After(params string[] lines) => Replies(lines)[Replies(lines[..^1]).Length..];

    private (int Code, string Output, string Error) Talk(string[] flags, params string[] lines) => CommandsTests.Run(
        Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))),
        ["chat", "-m", _model.Folder, "--ignore-eos", .. Missing(flags, "--seed", "1"), .. Missing(flags, "-n", "8"), .. flags]);

    private static string[] Missing(string[] flags, string name, string value)
    {
        string[] names = name == "-n" ? ["-n", "--max-tokens"] : [name];
        return flags.Any(flag => names.Contains(flag.Split('=')[0])) ? [] : [name, value];
    }
}
