// The command line's manners, on a command made up for the purpose: one clear line for everything that is wrong, exit codes, help,
// configuration files.
using System.CommandLine;
using System.Globalization;
using System.Text;
using GruLM.Cli;

namespace GruLM.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("try --temprature 1", "unknown option --temprature for 'grulm try'; did you mean --temperature?")]
    [InlineData("try --out o --temprature=1", "unknown option --temprature for 'grulm try'; did you mean --temperature?")]
    [InlineData("try --xyzzy", "unknown option --xyzzy for 'grulm try'")]
    [InlineData("tyr", "unknown command 'tyr' for 'grulm'; did you mean try?")]
    [InlineData("plough", "unknown command 'plough' for 'grulm'; see 'grulm --help'")]
    [InlineData("group trian", "unknown command 'trian' for 'grulm group'; did you mean train?")]
    [InlineData("group", "'grulm group' needs one more word: train, show")]
    [InlineData(
        "try --out o Once upon",
        "unexpected argument 'Once' for 'grulm try'; --out takes one word: put a text with spaces in quotation marks")]
    [InlineData("--", "'grulm' needs one more word: try, group")]
    [InlineData("try", "--out is required for 'grulm try'; see 'grulm try --help'")]
    [InlineData("try --out", "--out needs a value; see 'grulm try --help'")]
    [InlineData("try --out a --out b", "--out was given more than once: a, b")]
    [InlineData("try --out=", "--out needs a value; see 'grulm try --help'")]
    [InlineData("try --out o --size 0", "--size 0: a whole number from 1 to 65536 was expected")]
    [InlineData("try --out o --size -5", "--size -5: a whole number from 1 to 65536 was expected")]
    [InlineData("try --out o --size 99999999999999999999", "--size 99999999999999999999: a whole number from 1 to 65536 was expected")]
    [InlineData("try --out o --size 1e3", "--size 1e3: a whole number from 1 to 65536 was expected")]
    [InlineData("try --out o --size 2.0", "--size 2.0: a whole number from 1 to 65536 was expected")]
    [InlineData("try --out o --temperature NaN", "--temperature NaN: a number from 0 to 100 was expected")]
    [InlineData("try --out o --temperature -0.1", "--temperature -0.1: a number from 0 to 100 was expected")]
    [InlineData("try --out o --temperature 1,5", "--temperature 1,5: a number from 0 to 100 was expected, with a point: 1.5")]
    [InlineData("try --out o --rate 0", "--rate 0: a number above 0 to 10 was expected")]
    [InlineData("try --out o --rate Infinity", "--rate Infinity: a number above 0 to 10 was expected")]
    [InlineData("try --out o --seed -1", "--seed -1: a whole number from 0 to 18446744073709551615 was expected")]
    [InlineData("try --out o --kind bpee", "--kind bpee: one of bpe, char was expected; did you mean bpe?")]
    public void Bad_usage_is_one_line_and_exit_code_2(string line, string expected)
    {
        (int code, string? output, string? error) = Run(line.Split(' '));
        Assert.Equal("grulm: " + expected + "\n", error);
        Assert.Equal("", output);
        Assert.Equal(2, code);
    }

    [Fact]
    public void Values_arrive_as_they_were_given()
    {
        Assert.Equal(
            (0, "o 7 0.5 0.001 18446744073709551615 char True [a,b,@c]\n", ""),
            Run(
                "try", "--out", "o", "-s", "7", "--temperature=.5", "--seed", "18446744073709551615", "--kind", "char", "--fast",
                "--text", "a", "b", "--text", "@c"));
        Assert.Equal((0, "o 256 0.8 0.001 42 bpe False []\n", ""), Run("try", "--out", "o"));
        Assert.Equal((0, "--help 256 0.8 0.001 42 bpe False []\n", ""), Run("try", "--out=--help"));
    }

    [Fact]
    public void An_empty_text_is_a_text_unless_one_is_required()
    {
        Assert.Equal("grulm: --out '': something was expected, this is empty\n", Run("try", "--out", "").Error);
        Assert.Equal((0, "o 256 0.8 0.001 42 bpe False []\n", ""), Run("try", "--out", "o", "--text", ""));
    }

    [Fact]
    public void Underscores_are_accepted_where_a_flag_allows_them_and_not_shown()
    {
        Assert.Equal(0, Run("group", "train", "--vocab_size", "5").Code);
        Assert.Equal(0, Run("group", "train", "--vocab-size=5").Code);
        Assert.DoesNotContain("vocab_size", Run("group", "train", "--help").Output, StringComparison.Ordinal);
        Assert.Contains("did you mean --vocab-size", Run("group", "train", "--vocab_siz", "5").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_shows_usage_flags_defaults_and_an_example()
    {
        foreach (string[] args in new string[][] { ["try", "--help"], ["help", "try"], ["try", "-h"], ["try", "--size", "0", "--help"] })
        {
            (int code, string? output, string? error) = Run(args);
            Assert.Equal((0, ""), (code, error));
            Assert.Contains("Usage: grulm try [flags]", output, StringComparison.Ordinal);
            Assert.Contains("(default 256)", output, StringComparison.Ordinal);
            Assert.Contains("grulm try --out folder", output, StringComparison.Ordinal);
            Assert.All(output.Split('\n'), line => Assert.True(line.Length <= 120, line));
        }

        Assert.Contains("tries", Run("--help").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_is_one_line() => Assert.Matches(@"^grulm \d+\.\d+\.\d+\n$", Run("--version").Output);

    [Fact]
    public void Without_a_word_help_goes_to_standard_error()
    {
        (int code, string? output, string? error) = Run();
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("Usage: grulm COMMAND", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_commands_throw_becomes_a_line_and_a_code()
    {
        Assert.Equal((1, "", "grulm: model: is cut short\n"), Fail(new InvalidDataException("model: is cut\n short")));
        Assert.Equal((1, "", "grulm: no space left\n"), Fail(new IOException("no space left")));
        Assert.Equal((1, "", "grulm: denied\n"), Fail(new UnauthorizedAccessException("denied")));
        Assert.Equal((1, "", "grulm: no number\n"), Fail(new FormatException("no number")));
        Assert.Equal((2, "", "grulm: tied needs equal sizes\n"), Fail(new ArgumentException("tied needs equal sizes", "config")));
        Assert.Equal((2, "", "grulm: must not be negative\n"), Fail(new ArgumentOutOfRangeException("config", -1, "must not be negative")));
        Assert.Equal((130, "", "grulm: stopped\n"), Fail(new OperationCanceledException()));
        (int code, string _, string? error) = Fail(new InvalidOperationException("bug"));
        Assert.Equal((1, 1), (code, error.Count(c => c == '\n')));
        Assert.Contains("report", error, StringComparison.Ordinal);

        static (int, string, string) Fail(Exception exception) =>
            Run([new GrulmCommand("fail", "fails", [], [], (_, _) => throw exception)], ["fail"]);
    }

    [Theory]
    [InlineData("'HiddenDim' 0 with 'Samples = Lines' or 'TieWeights = false'", "--hidden-dim 0 with --samples lines or --no-tie-weights")]
    [InlineData("'NBest' 0: without 'SamplingSeed' a number was expected", "--nbest 0: without --enable-sampling a number was expected")]
    [InlineData("'UnkId' is -1, or 'HardVocabLimit = false'", "--unk-id is -1, or --hard-vocab-limit false")]
    [InlineData("a file that 'Save' has written", "a file that --state or a chat's /save has written")]
    [InlineData("no rules 'nfq'", "no rules 'nfq'")]
    public void Names_of_settings_become_flags(string text, string expected) => Assert.Equal(expected, SettingWords.ToFlags(text));

    [Theory]
    [InlineData(null, "grulm")]
    [InlineData("", "grulm")]
    [InlineData("./grulm", "./grulm")]
    public void The_program_is_called_what_its_launcher_says(string? told, string expected) => Assert.Equal(expected, ProgramName.Of(told));

    [Fact]
    public void Names_far_from_all_known_ones_get_no_hint()
    {
        Assert.Equal("--top-k", NearestName.Of("--topk", ["--top-p", "--top-k", "--stop"]));
        Assert.Equal("--top-p", NearestName.Of("--top_p", ["--top-k", "--top-p"]));
        Assert.Equal("--seed", NearestName.Of("--sede", ["--speed", "--seed"]));
        Assert.Null(NearestName.Of("--x", ["--top-k", "--seed"]));
    }

    private static (int Code, string Output, string Error) Run(params string[] args) => Run([TryCommand(), GroupCommand()], args);

    private static (int Code, string Output, string Error) Run(GrulmCommand[] commands, string[] args)
    {
        var output = new MemoryStream();
        var error = new StringWriter { NewLine = "\n" };
        int code;
        using (var session = new Session(new MemoryStream(), output, error, errorIsTerminal: false, TestContext.Current.CancellationToken))
        {
            code = CommandLine.Run(args, commands, session);
        }

        return (code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    private static GrulmCommand TryCommand()
    {
        Option<string> outDir = Flags.RequiredText("--out", "DIR", "where to write");
        Option<int> size = Flags.Int(
            "--size", 1, 65536, 256, "how large the thing is to be, told at such length that the line must be broken somewhere", "-s");
        Option<double> temperature = Flags.Number("--temperature", 0, 100, 0.8, "how daring");
        Option<double> rate = Flags.Number("--rate", 0, 10, 0.001, "how fast", above: true);
        Option<ulong> seed = Flags.Seed("--seed", 42, "which numbers");
        Option<string> kind = Flags.OneOf("--kind", ["bpe", "char"], "bpe", "which kind");
        Option<bool> fast = Flags.Switch("--fast", "faster");
        Option<string[]> text = Flags.List("--text", "TEXT", "texts"), say = Flags.Texts("--say", "TEXT", "one text each time");
        return new GrulmCommand(
            "try", "tries", ["grulm try --out folder"],
            [outDir, size, temperature, rate, seed, kind, fast, text, say],
            (flags, session) =>
            {
                object?[] values =
                [
                    flags.GetValue(outDir), flags.GetValue(size), flags.GetValue(temperature), flags.GetValue(rate),
                    flags.GetValue(seed), flags.GetValue(kind), flags.GetValue(fast),
                    $"[{string.Join(',', flags.GetValue(text)!)}]",
                ];
                session.Output.WriteLine(string.Join(' ', values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture))));
                return 0;
            });
    }

    private static GrulmCommand GroupCommand() => new(
        "group", "groups", [],
        new GrulmCommand("train", "trains", [], [Flags.Int("--vocab-size", 1, 10, 5, "pieces").WithUnderscores()], (_, _) => 0),
        new GrulmCommand("show", "shows", [], [], (_, _) => 0));
}
