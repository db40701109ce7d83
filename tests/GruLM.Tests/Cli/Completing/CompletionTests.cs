// grulm completion: the scripts hold what the commands have, and bash, run for real, completes lines with its script.

using System.Diagnostics;
using System.Text.RegularExpressions;
using GruLM.Cli;
using GruLM.Cli.Commands;

namespace GruLM.Tests.Cli.Completing;

public sealed partial class CompletionTests : IDisposable
{
    private static readonly IReadOnlyList<CompletedCommand> s_commands = Commands();

    private readonly string _folder = Directory.CreateTempSubdirectory("grulm-tests-").FullName;

    public CompletionTests()
    {
        File.WriteAllText(Path.Combine(_folder, "book one.txt"), "");
        File.WriteAllText(Path.Combine(_folder, "book.txt"), "");
        Directory.CreateDirectory(Path.Combine(_folder, "model"));
    }

    public static TheoryData<string> Shells => ["bash", "zsh", "pwsh"];

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        File.Delete(_folder + ".bash");
    }

    [Theory]
    [InlineData("grulm|tr", "train")]
    [InlineData("grulm|e", "eval|expand|export")]
    [InlineData("grulm|--v", "--version")]
    [InlineData("grulm|tokenizer|", "decode|encode|normalize|show|train")]
    [InlineData("grulm|bench|g", "gemm|generate|gru")]
    [InlineData("grulm|generate|--mirostat-e", "--mirostat-ent")]
    [InlineData("grulm|generate|--weights|", "auto|fp32|int8")]
    [InlineData("grulm|generate|--weights|=|f", "fp32")]
    [InlineData("grulm|generate|--weights|=", "auto|fp32|int8")]
    [InlineData("grulm|train|--optimizer|a", "adamw")]
    [InlineData("grulm|train|--data|", "book one.txt|book.txt|model")]
    [InlineData("grulm|train|--data|book.txt|book o", "book one.txt")]
    [InlineData("grulm|train|--data|book.txt|--hidden-d", "--hidden-dim")]
    [InlineData("grulm|train|--data|book.txt|--threads|", "")]
    [InlineData("grulm|generate|-m|", "model")]
    [InlineData("grulm|generate|--prompt|-", "")]
    [InlineData("grulm|show|m", "model")]
    [InlineData("grulm|compress|--model|model|book.", "book.txt")]
    [InlineData("grulm|tokenizer|train|--model-t", "--model-type")]
    [InlineData("grulm|completion|", "bash|pwsh|zsh")]
    [InlineData("grulm|plough|", "")]
    [InlineData("/usr/bin/grulm|train|--data|book.txt|--no-tie", "--no-tie-weights")]
    public void Bash_completes(string line, string expected)
    {
        string[] found = [.. InBash(line.Split('|')).Order(StringComparer.Ordinal)];
        if (line.EndsWith("plough|", StringComparison.Ordinal)) Assert.Contains("train", found);
        else Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), found);
    }

    [Fact]
    public void Bash_offers_every_flag_of_every_command()
    {
        foreach (CompletedCommand command in s_commands)
        {
            string[] words = ["grulm", .. command.Path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--"];
            IEnumerable<string> names = command.Flags.SelectMany(flag => flag.Names);
            IEnumerable<string> expected = names.Where(name => name.StartsWith("--", StringComparison.Ordinal));
            Assert.Equal(expected.Order(StringComparer.Ordinal), InBash(words).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void A_script_names_every_command_and_flag_and_nothing_of_this_machine(string shell)
    {
        string script = CompletionCommand.Script(shell, s_commands);
        foreach (CompletedCommand command in s_commands)
        {
            Assert.All(command.Commands, sub => Assert.Contains(sub.Name, script, StringComparison.Ordinal));
            Assert.All(command.Flags.SelectMany(flag => flag.Names), name => Assert.Contains(name, script, StringComparison.Ordinal));
        }

        Assert.DoesNotContain('\r', script);
        Assert.EndsWith("\n", script, StringComparison.Ordinal);
        Assert.DoesNotContain(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flag_of_the_help_is_completed()
    {
        foreach (CompletedCommand command in s_commands.Where(command => command.Path.Length > 0))
        {
            string help = CommandsTests.Run([.. command.Path.Split(' '), "--help"]).Output;
            foreach (Match flag in LongFlag().Matches(help))
            {
                Assert.Contains(flag.Groups[1].Value, command.Flags.SelectMany(one => one.Names));
            }
        }
    }

    [Theory]
    [InlineData("auto|fp32|int8", "auto,fp32,int8", false, false)]
    [InlineData("[true|false]", "true,false", false, false)]
    [InlineData("FILE|DIR|-", "", true, false)]
    [InlineData("FILE.json", "", true, false)]
    [InlineData("PATH", "", true, false)]
    [InlineData("DIR", "", false, true)]
    [InlineData("N", "", false, false)]
    [InlineData(null, "", false, false)]
    public void The_name_of_a_value_tells_how_it_is_completed(string? name, string words, bool isFile, bool isFolder)
    {
        var value = CompletedValue.Of(name);
        Assert.Equal((words, isFile, isFolder), (string.Join(',', value.Words), value.IsFile, value.IsFolder));
    }

    [Theory]
    [InlineData("fish", "'fish': one of bash, zsh, pwsh was expected")]
    [InlineData("zhs", "'zhs': one of bash, zsh, pwsh was expected; did you mean zsh?")]
    public void Other_shells_are_refused(string shell, string expected) =>
        Assert.Equal(expected, Assert.Throws<UsageException>(() => CompletionCommand.Script(shell, s_commands)).Message);

    private static IReadOnlyList<CompletedCommand> Commands()
    {
        var root = new System.CommandLine.RootCommand();
        foreach (GrulmCommand command in Program.Commands()) root.Add(command);
        return CompletedCommand.AllOf(root);
    }

    // What bash would offer for a line, whose last word is the one at the cursor.
    private string[] InBash(string[] words)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "there is no bash");
        string script = _folder + ".bash";
        File.WriteAllText(script, CompletionCommand.Script("bash", s_commands));
        const string Call = "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _grulm; printf '%s\\n' \"${COMPREPLY[@]}\"";
        var start = new ProcessStartInfo("/bin/bash")
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string word in (string[])["--norc", "-c", Call, script, .. words]) start.ArgumentList.Add(word);
        using Process bash = Process.Start(start)!;
        string output = bash.StandardOutput.ReadToEnd(), error = bash.StandardError.ReadToEnd();
        bash.WaitForExit();
        Assert.Equal("", error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    [GeneratedRegex(@"^  (?:-\w, )?(--[a-z][a-z0-9-]*)", RegexOptions.Multiline)]
    private static partial Regex LongFlag();
}
