// generate and chat with --regex, --grammar and --json-schema: what they write, and one line for each thing that is wrong.

using System.Text.Json;
using GruLM.Model;

namespace GruLM.Tests.Cli;

public sealed class ConstraintFlagTests : IDisposable
{
    private readonly TinyModel _folder = new(SampleKind.Stream);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Texts_are_what_the_flags_ask_for()
    {
        string[] generate = ["generate", "-m", _folder.Folder, "--seed", "1", "-p", ""];
        Assert.Matches(@"\A\d{4}-\d\d\n\z", Run([.. generate, "--regex", @"\d{4}-\d\d"]));
        Assert.Matches(@"\A[+-][0-9]\n\z", Run([.. generate, "--grammar", Write("sum.gbnf", "root ::= sign [0-9]\r\nsign ::= [+-]\r\n")]));
        string schema = Write("one.json", """{"type":"object","properties":{"a":{"type":"integer","maximum":9}},"required":["a"]}""");
        string text = Run([.. generate, "--json-schema", schema]);
        using var document = JsonDocument.Parse(text);
        Assert.InRange(document.RootElement.GetProperty("a").GetInt64(), -999_999_999_999_999, 9);

        using var told = JsonDocument.Parse(Run([.. generate, "--regex", "(ab){3}", "--json"]));
        Assert.Equal("ababab", told.RootElement.GetProperty("text").GetString());
        Assert.Equal("stop", told.RootElement.GetProperty("finish_reason").GetString());
        Assert.Equal("ababab\nababab\n", Run([.. generate, "--regex", "(ab){3}", "--completions", "2"]));
        Assert.Equal("ababab\n", Run([.. generate, "--regex", "(ab){3}", "--beam", "2", "--weights", "fp32"]));
    }

    [Fact]
    public void Replies_fit_and_a_setting_changes_what_they_are()
    {
        byte[] input = "hi\n/set regex [xy]{5}\nwell\n/set regex\n/set regex (\nbye\n"u8.ToArray();
        (int code, string output, string error) =
            CommandsTests.Run(input, "chat", "-m", _folder.Folder, "--seed", "1", "-n", "12", "--regex", "yes|no");
        Assert.Equal(0, code);
        string[] replies = output.Split('\n');
        Assert.Contains(replies[0], (string[])["yes", "no"]);
        Assert.Matches(@"\A[xy]{5}\z", replies[1]);
        Assert.Contains("a ( is not closed", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_wrong_is_bad_usage_in_one_line()
    {
        string grammar = Write("bad.gbnf", "root ::= root \"a\""), schema = Write("bad.json", """{"type":"object","not":{}}""");
        (string[] Flags, string Expected)[] cases =
        [
            (["--regex", "(a"], "--regex the regular expression '(a', character 2: a ( is not closed"),
            (["--grammar", grammar], $"--grammar {grammar}: line 1: rule 'root' is left-recursive"),
            (["--json-schema", schema], $"--json-schema {schema}: #: the keyword 'not' is not understood"),
            (["--json-schema", Write("no.json", "{")], "the schema is no valid JSON"),
            (["--grammar", ""], "an empty name was given"),
            (["--regex", "a", "--grammar", grammar], "--regex and --grammar do not go together"),
            (["--grammar", grammar, "--json-schema", schema], "--grammar and --json-schema do not go together"),
            (["--regex", "a{9}", "-n", "8"], "--max-tokens is 8, and the constraint may take 9"),
        ];
        Assert.All(cases, one =>
        {
            foreach (string command in (string[])["generate", "chat"])
            {
                string[] line = [command, "-m", _folder.Folder, .. one.Flags];
                (int code, string output, string error) = CommandsTests.Run("hi\n"u8.ToArray(), line);
                Assert.Equal((2, ""), (code, output));
                Assert.Contains(one.Expected, error, StringComparison.Ordinal);
                Assert.Equal(1, error.Count(c => c == '\n'));
            }
        });
        (int missing, _, string notFound) = CommandsTests.Run("generate", "-m", _folder.Folder, "--grammar", "no-such.gbnf");
        Assert.Equal(1, missing);
        Assert.Contains("no-such.gbnf", notFound, StringComparison.Ordinal);
        foreach (string flag in (string[])["--grammar", "--json-schema"])
        {
            (int folder, _, string isFolder) = CommandsTests.Run("generate", "-m", _folder.Folder, flag, _folder.Folder);
            Assert.Equal((1, $"grulm: {_folder.Folder}: is a folder; a file was expected\n"), (folder, isFolder));
        }
    }

    private static string Run(string[] line)
    {
        (int code, string output, string error) = CommandsTests.Run([.. line]);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.Folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
